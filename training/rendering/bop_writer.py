"""BOP files (Hodan et al., bop_toolkit `docs/bop_datasets_format.md`): millimetres, row-major rotations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from fpgnas_core.camera import Camera
from training.rendering.mesh import Mesh

IMAGES_PER_SCENE = 1000
DEPTH_SCALE_MM = 0.1
PNG_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]
JPEG_FINE = [cv2.IMWRITE_JPEG_QUALITY, 95]


@dataclass(frozen=True)
class RenderedImage:
    """One image with one annotated object.

    rgb: (H, W, 3) uint8.  depth: (H, W) float32 metres.  mask, mask_visible: (H, W) bool, whole and visible silhouette.
    T_camera_object: (4, 4) metres.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    mask: NDArray[np.bool_]
    mask_visible: NDArray[np.bool_]
    camera: Camera
    object_id: int
    T_camera_object: NDArray[np.float64]


def scene_folder(split_folder: Path, index: int) -> Path:
    """Folder of image `index`: scenes hold 1000 images each."""
    return split_folder / f"{index // IMAGES_PER_SCENE:06d}"


def write_image(split_folder: Path, index: int, image: RenderedImage, with_depth: bool) -> dict[str, Any]:
    """Write the pictures of one image; returns its entries for the scene's JSON files."""
    folder, name = scene_folder(split_folder, index), f"{index % IMAGES_PER_SCENE:06d}"
    cv2.imwrite(str(folder / "rgb" / f"{name}.jpg"), image.rgb[..., ::-1], JPEG_FINE)
    cv2.imwrite(str(folder / "mask" / f"{name}_000000.png"), image.mask * np.uint8(255), PNG_FAST)
    cv2.imwrite(str(folder / "mask_visib" / f"{name}_000000.png"), image.mask_visible * np.uint8(255), PNG_FAST)
    if with_depth:
        units = np.round(image.depth * 1000 / DEPTH_SCALE_MM).clip(0, 65535).astype(np.uint16)
        cv2.imwrite(str(folder / "depth" / f"{name}.png"), units, PNG_FAST)
    return {
        "scene_camera": {"cam_K": image.camera.matrix.reshape(-1).tolist(), "depth_scale": DEPTH_SCALE_MM},
        "scene_gt": [_pose_entry(image)],
        "scene_gt_info": [_info_entry(image)],
    }


def make_scene_folders(split_folder: Path, index: int, with_depth: bool) -> None:
    """Create the folders that image `index` is written to."""
    for kind in ("rgb", "mask", "mask_visib", *(["depth"] if with_depth else [])):
        (scene_folder(split_folder, index) / kind).mkdir(parents=True, exist_ok=True)


def write_scene_json(folder: Path, entries: dict[int, dict[str, Any]]) -> None:
    """Write scene_camera.json, scene_gt.json and scene_gt_info.json of one scene; entries by image number."""
    for kind in ("scene_camera", "scene_gt", "scene_gt_info"):
        lines = {str(number): entries[number][kind] for number in sorted(entries)}
        text = ",\n".join(f' "{number}": {json.dumps(value)}' for number, value in lines.items())
        (folder / f"{kind}.json").write_text("{\n" + text + "\n}\n")


def write_model(folder: Path, object_id: int, name: str, mesh: Mesh, symmetries: dict[str, Any]) -> None:
    """Write models/obj_*.ply (millimetres) and models/models_info.json."""
    folder.mkdir(parents=True, exist_ok=True)
    low, high = (1000 * mesh.bounds.astype(np.float64)).tolist()
    info: dict[str, Any] = {"name": name, "diameter": 1000 * diameter(mesh)}
    info |= {f"min_{axis}": low[i] for i, axis in enumerate("xyz")}
    info |= {f"size_{axis}": high[i] - low[i] for i, axis in enumerate("xyz")}
    (folder / "models_info.json").write_text(json.dumps({str(object_id): info | symmetries}, indent=2) + "\n")
    _write_ply(folder / f"obj_{object_id:06d}.ply", mesh)


def diameter(mesh: Mesh) -> float:
    """Greatest distance between two vertices, metres; found on the convex hull."""
    points = mesh.vertices.astype(np.float64)
    return float(pdist(points[ConvexHull(points).vertices]).max())


def _write_ply(path: Path, mesh: Mesh) -> None:
    colours = (mesh.colours * 255).round().astype(np.uint8)
    exported = trimesh.Trimesh(
        mesh.vertices * 1000, mesh.faces, vertex_normals=mesh.normals, vertex_colors=colours, process=False
    )
    exported.export(path, vertex_normal=True)


def _pose_entry(image: RenderedImage) -> dict[str, Any]:
    pose = image.T_camera_object
    return {
        "cam_R_m2c": pose[:3, :3].reshape(-1).tolist(),
        "cam_t_m2c": (pose[:3, 3] * 1000).tolist(),
        "obj_id": image.object_id,
    }


def _info_entry(image: RenderedImage) -> dict[str, Any]:
    whole, visible = int(image.mask.sum()), int(image.mask_visible.sum())
    return {
        "bbox_obj": _bounding_box(image.mask),
        "bbox_visib": _bounding_box(image.mask_visible),
        "px_count_all": whole,
        "px_count_visib": visible,
        "px_count_valid": int((image.depth[image.mask] > 0).sum()),
        "visib_fract": visible / whole if whole else 0.0,
    }


def _bounding_box(mask: NDArray[np.bool_]) -> list[int]:
    if not mask.any():
        return [-1, -1, -1, -1]
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return [x, y, width, height]
