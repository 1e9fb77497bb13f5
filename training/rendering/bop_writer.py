"""BOP files (Hodan et al., bop_toolkit `docs/bop_datasets_format.md`): millimetres, row-major rotations."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from training.rendering.objects import TargetObject

IMAGES_PER_SCENE = 1000
DEPTH_SCALE_MM = 0.1
PNG_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]
PNG_MASK = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
JPEG_FINE = [cv2.IMWRITE_JPEG_QUALITY, 95]


@dataclass(frozen=True)
class RenderedObject:
    """One annotated object. mask, mask_visible: (H, W) bool, whole and visible silhouette within the image.

    T_camera_object: (4, 4) metres.  whole_pixels, box: size and rectangle (x, y, width, height) of the silhouette,
    beyond the image's border too.
    """

    object_id: int
    T_camera_object: NDArray[np.float64]
    mask: NDArray[np.bool_]
    mask_visible: NDArray[np.bool_]
    whole_pixels: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class RenderedImage:
    """One image. rgb: (H, W, 3) uint8.  depth: (H, W) float32 metres."""

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    camera: Camera
    objects: list[RenderedObject]


def scene_folder(split_folder: Path, index: int) -> Path:
    """Folder of image `index`: scenes hold 1000 images each."""
    return split_folder / f"{index // IMAGES_PER_SCENE:06d}"


def write_image(split_folder: Path, index: int, image: RenderedImage, with_depth: bool) -> dict[str, Any]:
    """Write the pictures of one image; returns its entries for the scene's JSON files."""
    folder, name = scene_folder(split_folder, index), f"{index % IMAGES_PER_SCENE:06d}"
    cv2.imwrite(str(folder / "rgb" / f"{name}.jpg"), image.rgb[..., ::-1], JPEG_FINE)
    for place, thing in enumerate(image.objects):
        for kind, mask in (("mask", thing.mask), ("mask_visib", thing.mask_visible)):
            cv2.imwrite(str(folder / kind / f"{name}_{place:06d}.png"), mask * np.uint8(255), PNG_MASK)
    if with_depth:
        units = np.round(image.depth * 1000 / DEPTH_SCALE_MM).clip(0, 65535).astype(np.uint16)
        cv2.imwrite(str(folder / "depth" / f"{name}.png"), units, PNG_FAST)
    return {
        "scene_camera": {"cam_K": image.camera.matrix.reshape(-1).tolist(), "depth_scale": DEPTH_SCALE_MM},
        "scene_gt": [_pose_entry(thing) for thing in image.objects],
        "scene_gt_info": [_info_entry(thing, image.depth) for thing in image.objects],
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


def write_models(folder: Path, objects: Sequence[TargetObject]) -> None:
    """Write models/obj_*.ply (millimetres) and models/models_info.json, where they are not there already."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = {str(thing.object_id): _model_entry(thing) for thing in objects}
    _write_if_new(folder / "models_info.json", (json.dumps(lines, indent=2) + "\n").encode())
    for thing in objects:
        _write_if_new(folder / f"obj_{thing.object_id:06d}.ply", _ply(thing.mesh))


def _write_if_new(path: Path, content: bytes) -> None:
    """What was made of a file is made again when its time changes."""
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)


def _model_entry(thing: TargetObject) -> dict[str, Any]:
    low, high = (1000 * thing.mesh.bounds.astype(np.float64)).tolist()
    info: dict[str, Any] = {"name": thing.name, "diameter": 1000 * diameter(thing.mesh)}
    info |= {f"min_{axis}": low[i] for i, axis in enumerate("xyz")}
    info |= {f"size_{axis}": high[i] - low[i] for i, axis in enumerate("xyz")}
    return info | thing.symmetries


def diameter(mesh: Mesh) -> float:
    """Greatest distance between two vertices, metres; found on the convex hull."""
    points = mesh.vertices.astype(np.float64)
    return float(pdist(points[ConvexHull(points).vertices]).max())


def _ply(mesh: Mesh) -> bytes:
    colours = (mesh.colours * 255).round().astype(np.uint8)
    exported = trimesh.Trimesh(
        mesh.vertices * 1000, mesh.faces, vertex_normals=mesh.normals, vertex_colors=colours, process=False
    )
    return bytes(exported.export(file_type="ply", vertex_normal=True))


def _pose_entry(thing: RenderedObject) -> dict[str, Any]:
    pose = thing.T_camera_object
    return {
        "cam_R_m2c": pose[:3, :3].reshape(-1).tolist(),
        "cam_t_m2c": (pose[:3, 3] * 1000).tolist(),
        "obj_id": thing.object_id,
    }


def _info_entry(thing: RenderedObject, depth: NDArray[np.float32]) -> dict[str, Any]:
    visible = int(thing.mask_visible.sum())
    # the whole silhouette is drawn apart, where a pixel of its outline may fall to the other side
    whole = max(thing.whole_pixels, visible)
    return {
        "bbox_obj": list(thing.box),
        "bbox_visib": _bounding_box(thing.mask_visible),
        "px_count_all": whole,
        "px_count_visib": visible,
        "px_count_valid": int((depth[thing.mask] > 0).sum()),
        "visib_fract": visible / whole if whole else 0.0,
    }


def _bounding_box(mask: NDArray[np.bool_]) -> list[int]:
    if not mask.any():
        return [-1, -1, -1, -1]
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return [x, y, width, height]
