"""A box with its sparse viewpoint model and its pictures, by the convex hull of its corners: no renderer involved."""

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
    """Return the outlines of the box seen from `VIEWS` random directions."""
    directions = np.random.default_rng(5).normal(size=(VIEWS, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    views = [_outline(direction) for direction in directions]
    points, normals = (np.array(part, np.float32) for part in zip(*views, strict=True))
    return ViewpointModel(np.zeros(3, np.float32), directions.astype(np.float32), points, normals)


def _outline(direction: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points along the hull's edges, which are edges of the box, and normals, (POINTS, 3) each."""
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
    return points, (outwards * normals) @ axes


def box_picture(pose: FloatArray, camera: Camera, rng: np.random.Generator) -> ByteArray:
    """Return a noisy (H, W, 3) picture of a red box before green, antialiased by drawing it four times as large."""
    image = np.full((4 * camera.height, 4 * camera.width, 3), (60, 140, 70), np.float32)
    pixels = camera.project(transform_points(pose, CORNERS))
    # A pixel's centre is at 4 p + 1.5 of the larger picture.
    hull = cv2.convexHull(np.rint((4 * pixels + 1.5) * 2**_SUBPIXEL).astype(np.int32))
    cv2.fillConvexPoly(image, hull, (70, 60, 190), shift=_SUBPIXEL)
    small = cv2.resize(image, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return np.clip(small + rng.normal(0, 6, small.shape), 0, 255).astype(np.uint8)


def placed(rotation: FloatArray, distance: float = 0.5) -> FloatArray:
    """Return the pose of a box a little off the optical axis."""
    return make_transform(rotation, np.array([0.02, -0.01, distance]))
