"""Model points at a pose and at those that look like it, in the camera frame and in the image."""

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.camera import Camera
from fpgnas_core.errors import ShapeError


def points_at(T_camera_object: ArrayLike, points: ArrayLike) -> FloatArray:
    """Return (P, 3) model points in the camera frame, metres. Raises ShapeError if there are none."""
    pose, model = checked("T_camera_object", T_camera_object, (4, 4)), checked("points", points, (None, 3))
    if len(model) == 0:
        msg = "points: expected at least one model point, got none; is the mesh empty?"
        raise ShapeError(msg)
    # All x, then all y, then all z in memory: NumPy does what follows several times as fast as point by point.
    moved: FloatArray = (pose[:3, :3] @ model.T).T + pose[:3, 3]
    return moved


def equivalent_poses(T_camera_object: ArrayLike, symmetries: ArrayLike) -> FloatArray:
    """Return the (S, 4, 4) poses that look like (4, 4) `T_camera_object` by (S, 4, 4) `symmetries`, metres.

    Raises ShapeError if there are none; the identity is one, so an object without symmetries has one.
    """
    transforms = checked("symmetries", symmetries, (None, 4, 4))
    if len(transforms) == 0:
        msg = "symmetries: expected (n, 4, 4) with at least the identity, got none"
        raise ShapeError(msg)
    poses: FloatArray = checked("T_camera_object", T_camera_object, (4, 4)) @ transforms
    return poses


def pixels_of(points_camera: FloatArray, camera: Camera) -> FloatArray | None:
    """Return the (P, 2) pixels of (P, 3) points, metres, or None if one is not in front of the camera."""
    depth = points_camera[:, 2:]
    if (depth <= 0).any():
        return None
    if any(camera.distortion) or camera.distortion_model == "equidistant":
        return camera.project(points_camera)
    # The camera's own projection also computes derivatives: ten times slower, which many symmetries multiply.
    pixels: FloatArray = points_camera[:, :2] / depth * [camera.fx, camera.fy] + [camera.cx, camera.cy]
    return pixels


def distances(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the (P,) distances between rows of two (P, d) arrays, in their unit."""
    between: FloatArray = np.sqrt(np.square(first - second).sum(axis=1))
    return between
