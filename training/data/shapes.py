"""What a person needs to judge poses by eye and by number: each object's box, and points of its outline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import transform_points
from training.data.models import read_models
from training.data.tango import TANGO_ID, tango
from training.errors import DatasetError
from training.rendering.mesh import load_mesh

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Shape:
    """An object as it is drawn and compared."""

    model: ObjectModel
    hull: NDArray[np.float64]
    """(H, 3) corners of the convex hull, metres; (0, 3) where there is no mesh."""

    def rectangle(self, T_camera_object: NDArray[np.float64], camera: Camera) -> Rectangle | None:
        """Left, top, right, bottom of the silhouette within the image, pixels; None where it cannot be told."""
        points = transform_points(T_camera_object, self.hull)
        if len(points) == 0 or points[:, 2].min() <= 0:
            return None
        pixels = camera.project(points)
        return clipped((*pixels.min(axis=0), *pixels.max(axis=0)), camera)


def clipped(rectangle: Rectangle, camera: Camera) -> Rectangle | None:
    """The part of a rectangle (left, top, right, bottom) within the image; None where there is none."""
    left, top = max(rectangle[0], -0.5), max(rectangle[1], -0.5)
    right, bottom = min(rectangle[2], camera.width - 0.5), min(rectangle[3], camera.height - 0.5)
    return (left, top, right, bottom) if right > left and bottom > top else None


def overlap(one: Rectangle, other: Rectangle) -> float:
    """Intersection over union of two rectangles (left, top, right, bottom)."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


def read_shapes(folder: Path) -> dict[int, Shape]:
    """The objects of a BOP models folder by id; meshes that models_info.json lacks count too.

    Raises DatasetError and MeshError.
    """
    known = read_models(folder) if (folder / "models_info.json").is_file() else {}
    meshes = {int(path.stem[4:]): path for path in folder.glob("obj_*.ply") if path.stem[4:].isdecimal()}
    if not known and not meshes:
        raise DatasetError(f"{folder}: expected models_info.json and meshes such as obj_000001.ply, found neither")
    shapes = {}
    for object_id in sorted(known.keys() | meshes.keys()):
        vertices = load_mesh(meshes[object_id], "mm").vertices if object_id in meshes else np.zeros((0, 3))
        hull = _hull(vertices.astype(np.float64))
        name, box = f"obj_{object_id:06d}", hull
        if object_id in known:
            entry = known[object_id]
            name, half = entry.name, np.array(entry.box_size) / 2
            box = np.array([entry.box_center - half, entry.box_center + half])
        shapes[object_id] = Shape(_drawn(object_id, name, box), hull)
    return shapes


def tango_shapes() -> Mapping[int, Shape]:
    """The one object of SPEED and SPEED+; its landmarks do not reach round its silhouette, so there is no hull."""
    return {TANGO_ID: Shape(tango(), np.zeros((0, 3)))}


def _hull(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    return vertices[ConvexHull(vertices).vertices] if len(vertices) > 3 else vertices


def _drawn(object_id: int, name: str, points: NDArray[np.float64]) -> ObjectModel:
    low, high = points.min(axis=0), points.max(axis=0)
    centre, size = ((low + high) / 2).tolist(), (high - low).tolist()
    return ObjectModel(
        object_id,
        name,
        keypoints=np.vstack([centre, points]),
        diameter=float(pdist(points).max()),
        box_size=(size[0], size[1], size[2]),
        box_center=(centre[0], centre[1], centre[2]),
    )
