"""An independent renderer of depth: rays through pixel centres, by trimesh and Embree."""

from collections.abc import Sequence

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.ray.ray_pyembree import RayMeshIntersector

from fpgnas_core.camera import Camera
from training.rendering.mesh import Mesh


def cast(mesh: Mesh, camera: Camera, pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depth at each pixel's centre, metres, 0 where nothing is."""
    moved = trimesh.Trimesh(mesh.vertices @ pose[:3, :3].T + pose[:3, 3], mesh.faces, process=False)
    columns, rows = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    rays = np.stack([(columns - camera.cx) / camera.fx, (rows - camera.cy) / camera.fy, np.ones(rows.shape)], axis=-1)
    directions = rays.reshape(-1, 3)
    points, indices, _ = RayMeshIntersector(moved).intersects_location(
        np.zeros_like(directions), directions, multiple_hits=False
    )
    depth = np.zeros(len(directions))
    depth[indices] = points[:, 2]
    return depth.reshape(rows.shape)


def nearest(depths: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Depth of the nearest, 0 where nothing is, and its place in the list, -1 where nothing is."""
    far = np.where(np.array(depths) > 0, depths, np.inf)
    place = far.argmin(axis=0)
    empty = np.isinf(far.min(axis=0))
    return np.where(empty, 0, far.min(axis=0)), np.where(empty, -1, place)
