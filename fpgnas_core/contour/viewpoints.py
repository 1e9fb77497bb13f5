"""Sparse viewpoint models: where an object's outline and the edges inside it lie on its surface, seen from all around.

Stoiber, Pfanne, Strobl, Triebel and Albu-Schaeffer, "A sparse Gaussian approach to region-based 6DoF object tracking",
ACCV 2020: the outline of the nearest view, turned as the object is, stands for the outline itself, and nothing has to
be rendered on the robot. Inner edges are ours: creases, and borders between the object's colours.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.arrays import Float32Array, FloatArray
from fpgnas_core.errors import BundleError


class Edges(NamedTuple):
    """Points on edges of an object, (n, 3) metres, and unit vectors across these, (n, 3), as `ViewpointModel` says."""

    points: FloatArray
    normals: FloatArray

    def first(self, count: int) -> "Edges":
        """Return so many."""
        return Edges(self.points[:count], self.normals[:count])


@dataclass(frozen=True, eq=False)
class ViewpointModel:
    """Edges of one object seen from V directions, n points each, object frame."""

    center: Float32Array
    """(3,), metres; the directions start here."""
    directions: Float32Array
    """(V, 3), unit vectors towards the camera."""
    points: Float32Array
    """(V, n, 3), metres, on the surface."""
    normals: Float32Array
    """(V, n, 3), unit vectors across the edge and the line of sight, of an outline away from the object; zeros where
    there is no such edge."""
    inner: Float32Array
    """(n,), 0 for points of the outline, which come first, 1 for those of edges inside it."""

    @cached_property
    def outline(self) -> int:
        """How many points are of the outline."""
        return int((self.inner == 0).sum())

    def nearest(self, T_camera_object: FloatArray) -> Edges:
        """Return points and normals, (n, 3) each, of the view nearest to that of a pose, (4, 4) metres."""
        towards_camera = -T_camera_object[:3, :3].T @ T_camera_object[:3, 3] - self.center
        view = int(np.argmax(self.directions @ towards_camera))
        return Edges(self.points[view].astype(np.float64), self.normals[view].astype(np.float64))


_PARTS = tuple(field.name for field in fields(ViewpointModel))


def viewpoints_to_bytes(models: Mapping[int, ViewpointModel]) -> bytes:
    """Return models by their objects' BOP ids as a file: NumPy's npz, half precision, the same bytes each time."""
    parts = {
        f"{object_id}_{name}": getattr(model, name).astype(np.float16)
        for object_id, model in sorted(models.items())
        for name in _PARTS
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **parts)
    return buffer.getvalue()


def load_viewpoints(path: Path) -> dict[int, ViewpointModel]:
    """Read what `viewpoints_to_bytes` gave; nothing is unpickled. Raises BundleError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = {name: np.asarray(file[name], np.float32) for name in file.files}
        ids = sorted({int(name.split("_", 1)[0]) for name in parts})
        models = {i: ViewpointModel(**{name: parts[f"{i}_{name}"] for name in _PARTS}) for i in ids}
    except (OSError, ValueError, KeyError, TypeError) as err:
        msg = f"{path}: expected outlines as an export writes them, got something else ({err}); export the bundle again"
        raise BundleError(msg) from err
    for object_id, model in models.items():
        _check(f"{path}: object {object_id}", model)
    return models


def _check(where: str, model: ViewpointModel) -> None:
    arrays: dict[str, NDArray[np.float32]] = {name: getattr(model, name) for name in _PARTS}
    shapes = {name: array.shape for name, array in arrays.items()}
    views, count = len(model.directions), len(model.inner)
    edges = (views, count, 3)
    wanted = {"center": (3,), "directions": (views, 3), "points": edges, "normals": edges, "inner": (count,)}
    outline_first = model.inner[:1].tolist() == [0] and (np.diff(model.inner) >= 0).all()
    complete = views and outline_first and all(np.isfinite(array).all() for array in arrays.values())
    if shapes != wanted or not complete:
        msg = f"{where}: expected finite arrays of shapes {wanted}, the outline first, got {shapes}"
        raise BundleError(f"{msg}; export the bundle again")
