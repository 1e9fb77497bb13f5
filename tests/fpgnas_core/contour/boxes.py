"""A box with its sparse viewpoint model and its pictures, by the convex hull of its corners: no renderer involved."""

from dataclasses import replace

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.contour import ViewpointModel
from fpgnas_core.se3 import make_transform, transform_points

SIZE = np.array([0.10, 0.08, 0.06])
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * SIZE / 2
VIEWS, POINTS = 600, 96
_DISTANCE = 0.8
_SUBPIXEL = 4  # bits


def box_viewpoints() -> ViewpointModel:
    """Return the box seen from `VIEWS` random directions: its outlines, and of its edges those that are inside."""
    directions = np.random.default_rng(5).normal(size=(VIEWS, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    views = [np.concatenate([_outline(direction), _inner(direction)], axis=1) for direction in directions]
    points, normals = np.array(views, np.float32).transpose(1, 0, 2, 3)
    is_inner = np.repeat([0, 1], POINTS).astype(np.float32)
    return ViewpointModel(np.zeros(3, np.float32), directions.astype(np.float32), points, normals, is_inner)


def without_inner_edges(model: ViewpointModel) -> ViewpointModel:
    """Return the same with nothing but an outline."""
    kept = model.inner == 0
    return replace(model, points=model.points[:, kept], normals=model.normals[:, kept], inner=model.inner[kept])


def _inner(direction: FloatArray) -> FloatArray:
    """Return points along the three edges at the corner nearest to the camera, and normals, (2, POINTS, 3)."""
    nearest = np.sign(direction) * SIZE / 2
    along = np.repeat(np.eye(3), POINTS // 3, axis=0)
    shares = np.tile(np.linspace(0.1, 0.7, POINTS // 3), 3)[:, None]
    points = nearest - 2 * shares * along * nearest
    normals = np.cross(along, _DISTANCE * direction - points)
    return np.array([points, normals / np.linalg.norm(normals, axis=1, keepdims=True)])


def _outline(direction: FloatArray) -> FloatArray:
    """Return points along the hull's edges, which are edges of the box, and normals, (2, POINTS, 3)."""
    x = np.cross(direction, np.eye(3)[np.abs(direction).argmin()])
    x /= np.linalg.norm(x)
    axes = np.array([x, np.cross(direction, x)])
    seen = CORNERS @ axes.T / (_DISTANCE - CORNERS @ direction)[:, None]
    hull = cv2.convexHull(seen.astype(np.float32), returnPoints=False)[:, 0]
    starts, ends = CORNERS[hull], CORNERS[np.roll(hull, -1)]
    shares = (np.arange(POINTS) + 0.5) * len(hull) / POINTS
    edge, along = shares.astype(int), (shares % 1)[:, None]
    points = (1 - along) * starts[edge] + along * ends[edge]
    flat = (ends - starts)[edge] @ axes.T
    normals = np.stack([flat[:, 1], -flat[:, 0]], axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    outwards = np.sign(np.sum(normals * (points @ axes.T), axis=1))[:, None]
    return np.array([points, (outwards * normals) @ axes])


def box_picture(pose: FloatArray, camera: Camera, rng: np.random.Generator, shade: float = 0.0) -> ByteArray:
    """Return a noisy (H, W, 3) picture of a red box before green, antialiased by drawing it four times as large.

    Of its three sides one is darker by `shade`, 0 to 1, than the next.
    """
    image = np.full((4 * camera.height, 4 * camera.width, 3), (60, 140, 70), np.float32)
    pixels = camera.project(transform_points(pose, CORNERS))
    # A pixel's centre is at 4 p + 1.5 of the larger picture.
    places = np.rint((4 * pixels + 1.5) * 2**_SUBPIXEL).astype(np.int32)
    seen_from = np.sign(-pose[:3, :3].T @ pose[:3, 3])
    for axis in range(3):
        side = places[CORNERS[:, axis] * seen_from[axis] > 0]
        red = (1 - axis * shade) * np.array([70.0, 60.0, 190.0])
        cv2.fillConvexPoly(image, cv2.convexHull(side), red.tolist(), shift=_SUBPIXEL)
    small = cv2.resize(image, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return np.clip(small + rng.normal(0, 6, small.shape), 0, 255).astype(np.uint8)


def placed(rotation: FloatArray, distance: float = 0.5) -> FloatArray:
    """Return the pose of a box a little off the optical axis."""
    return make_transform(rotation, np.array([0.02, -0.01, distance]))
