"""Three objects of known symmetry, and their exact depth maps by a ray caster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from fpgnas_core.camera import Camera
from fpgnas_core.metrics import BOP_SYMMETRY_STEPS
from fpgnas_core.se3 import invert_transform, transform_points
from fpgnas_core.symmetry import ContinuousSymmetry, symmetry_transforms

DEMO_MESH = Path(__file__).resolve().parents[2] / "assets" / "demo_object.stl"
METRES_PER_MM = 1e-3
HALF_TURNS = [np.diag([1.0, -1.0, -1.0, 1.0]), np.diag([-1.0, 1.0, -1.0, 1.0]), np.diag([-1.0, -1.0, 1.0, 1.0])]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shape:
    """An object: its mesh and symmetries, metres."""

    object_id: int
    mesh: trimesh.Trimesh
    discrete: Array
    """(n, 4, 4), without the identity."""
    continuous: tuple[ContinuousSymmetry, ...]

    @cached_property
    def points(self) -> Array:
        """(P, 3) vertices."""
        return np.asarray(self.mesh.vertices, np.float64)

    @cached_property
    def diameter(self) -> float:
        """Greatest distance of two vertices."""
        return float(pdist(self.mesh.convex_hull.vertices).max())

    @cached_property
    def symmetries(self) -> Array:
        """(S, 4, 4), as fine as BOP's."""
        return symmetry_transforms(self.discrete, self.continuous, BOP_SYMMETRY_STEPS)

    def depth_map(self, T_camera_object: Array, camera: Camera) -> Array:
        """(H, W) metres along the optical axis, 0 beside the object."""
        u, v = _pixels_around(
            camera.project(transform_points(T_camera_object, self.mesh.bounding_box.vertices)), camera
        )
        rays = np.c_[(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(len(u))]
        T_object_camera = invert_transform(T_camera_object)
        origins = np.broadcast_to(T_object_camera[:3, 3], rays.shape)
        hits, index, _ = self.mesh.ray.intersects_location(origins, rays @ T_camera_object[:3, :3], multiple_hits=False)
        depth = np.zeros((camera.height, camera.width))
        depth[v[index], u[index]] = transform_points(T_camera_object, hits)[:, 2]
        return depth


def _pixels_around(corners: Array, camera: Camera) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    size = np.array([camera.width, camera.height])
    low = np.clip(np.floor(corners.min(axis=0)), 0, size - 1).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)), 0, size - 1).astype(int)
    v, u = np.mgrid[low[1] : high[1] + 1, low[0] : high[0] + 1]
    return u.ravel(), v.ravel()


def make_shapes() -> list[Shape]:
    """One without symmetry, a box with three half turns, a can with an axis and a flip; none centred on its origin."""
    return [
        Shape(1, trimesh.load_mesh(DEMO_MESH).apply_scale(METRES_PER_MM), np.zeros((0, 4, 4)), ()),
        _moved(Shape(2, trimesh.creation.box((0.1, 0.06, 0.04)).subdivide().subdivide(), np.array(HALF_TURNS), ())),
        _moved(_can()),
    ]


def _can() -> Shape:
    mesh = trimesh.creation.cylinder(0.03, 0.1, sections=48).subdivide()
    return Shape(3, mesh, np.array(HALF_TURNS[:1]), (ContinuousSymmetry((0.0, 0.0, 1.0)),))


def _moved(shape: Shape) -> Shape:
    """The same with its origin elsewhere, so that symmetries have translations too."""
    move = np.eye(4)
    move[:3, 3] = offset = (0.01, -0.02, 0.015)
    discrete = move @ shape.discrete @ invert_transform(move)
    axes = tuple(ContinuousSymmetry(s.axis, offset) for s in shape.continuous)
    return Shape(shape.object_id, shape.mesh.copy().apply_transform(move), discrete, axes)
