"""The images as a data set of BOP's layout (as T-LESS, whose name the toolkit takes its parameters from)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.bop.scenes import CAMERA, Image
from benchmarks.bop.shapes import Shape
from fpgnas_core.bop_results import write_bop_results

DATASET, SPLIT_FOLDER, RESULT_NAME = "tless", "test_primesense", "fpgnas_tless-test"
N_OBJECTS = 30
"""T-LESS has 30 objects and the toolkit reads them all."""


def write_dataset(folder: Path, shapes: list[Shape], images: list[Image]) -> None:
    """Models, targets, annotations and depth images under `folder`/tless."""
    root = folder / DATASET
    _write_models(root / "models_eval", shapes)
    lines = [
        {"scene_id": image.scene_id, "im_id": image.image_id, "obj_id": object_id, "inst_count": count}
        for image in images
        for object_id, count in image.targets.items()
    ]
    (root / "test_targets_bop19.json").write_text(json.dumps(lines))
    for scene_id in sorted({image.scene_id for image in images}):
        _write_scene(root / SPLIT_FOLDER / f"{scene_id:06d}", [i for i in images if i.scene_id == scene_id])


def write_results(folder: Path, images: list[Image]) -> Path:
    """The result file that the toolkit scores."""
    path = folder / f"{RESULT_NAME}.csv"
    write_bop_results(path, [estimate.result for image in images for estimate in image.estimates])
    return path


def _write_models(folder: Path, shapes: list[Shape]) -> None:
    folder.mkdir(parents=True)
    infos: dict[str, Any] = {}
    for object_id in range(1, N_OBJECTS + 1):
        shape = shapes[min(object_id, len(shapes)) - 1]
        infos[str(object_id)] = _model_info(shape)
        in_mm = shape.mesh.copy().apply_scale(1000.0)
        in_mm.export(folder / f"obj_{object_id:06d}.ply", encoding="ascii", vertex_normal=True)
    (folder / "models_info.json").write_text(json.dumps(infos))


def _model_info(shape: Shape) -> dict[str, Any]:
    in_mm = shape.discrete.copy()
    in_mm[:, :3, 3] *= 1000
    axes = [{"axis": s.axis, "offset": [1000 * x for x in s.offset]} for s in shape.continuous]
    low, high = 1000 * shape.mesh.bounds
    info: dict[str, Any] = {"diameter": 1000 * shape.diameter}
    info |= {f"min_{axis}": low[i] for i, axis in enumerate("xyz")}
    info |= {f"size_{axis}": high[i] - low[i] for i, axis in enumerate("xyz")}
    return info | {"symmetries_discrete": in_mm.reshape(-1, 16).tolist(), "symmetries_continuous": axes}


def _write_scene(folder: Path, images: list[Image]) -> None:
    (folder / "depth").mkdir(parents=True)
    entries: dict[str, dict[str, Any]] = {"scene_camera": {}, "scene_gt": {}, "scene_gt_info": {}}
    for image in images:
        cv2.imwrite(str(folder / "depth" / f"{image.image_id:06d}.png"), image.measured_mm)
        key = str(image.image_id)
        entries["scene_camera"][key] = {"cam_K": CAMERA.matrix.ravel().tolist(), "depth_scale": 1.0}
        entries["scene_gt"][key] = [_annotation(i.shape.object_id, i.T_camera_object) for i in image.instances]
        entries["scene_gt_info"][key] = [{"visib_fract": i.visible_fraction} for i in image.instances]
    for name, content in entries.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


def _annotation(object_id: int, pose: NDArray[np.float64]) -> dict[str, Any]:
    rotation, translation = pose[:3, :3].ravel().tolist(), (1000 * pose[:3, 3]).tolist()
    return {"obj_id": object_id, "cam_R_m2c": rotation, "cam_t_m2c": translation}
