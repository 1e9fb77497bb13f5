"""A data set of three frames and a bundle that sees the box in the first two exactly where frame 0 has it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from fpgnas_core.bundle import write_bundle
from fpgnas_core.camera import Camera
from tests.fpgnas_core.grids import projections
from tests.fpgnas_core.models import box_object, description
from tests.fpgnas_core.position_network import UPRIGHT, fitting_pose, network_for, picture

CAMERA = Camera(600.0, 610.0, 315.0, 245.0, 640, 480)
CENTER = (250.5, 220.5)
SHIFT_MM = 8.0
SEEN_POSE = fitting_pose(box_object(), UPRIGHT, CENTER, CAMERA)


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle = description(tmp_path_factory.mktemp("bundle"))
    pixels = projections(bundle.objects[0], SEEN_POSE, CAMERA)
    return write_bundle(bundle, network_for(bundle, pixels - pixels[0])).path


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frame 0: true pose as seen; 1: the truth is SHIFT_MM farther right; 2: the object cannot be seen."""
    folder = tmp_path_factory.mktemp("boxes")
    scene = folder / "test" / "000000"
    (scene / "rgb").mkdir(parents=True)
    pose = {"cam_R_m2c": SEEN_POSE[:3, :3].ravel().tolist(), "obj_id": 1}
    truth, cameras, infos = {}, {}, {}
    for number, shift, centers in ((0, 0.0, [CENTER]), (1, SHIFT_MM, [CENTER]), (2, 0.0, [])):
        cv2.imwrite(str(scene / "rgb" / f"{number:06d}.png"), picture(centers))
        translation = 1000 * SEEN_POSE[:3, 3] + [shift, 0, 0]
        truth[number] = [pose | {"cam_t_m2c": translation.tolist()}]
        cameras[number] = {"cam_K": CAMERA.matrix.ravel().tolist(), "depth_scale": 1.0}
        infos[number] = [{"bbox_obj": [180, 150, 140, 140], "visib_fract": 1.0 - 0.3 * number}]
    for name, content in (("scene_gt", truth), ("scene_camera", cameras), ("scene_gt_info", infos)):
        (scene / f"{name}.json").write_text(json.dumps(content))
    write_models(folder / "models")
    return folder


def write_models(folder: Path) -> None:
    folder.mkdir()
    size = 1000 * np.array(box_object().box_size)
    trimesh.creation.box(size).export(folder / "obj_000001.ply")
    info = {"diameter": float(np.linalg.norm(size))}
    for axis, length in zip("xyz", size, strict=True):
        info |= {f"min_{axis}": -length / 2, f"size_{axis}": length}
    (folder / "models_info.json").write_text(json.dumps({"1": info}))
