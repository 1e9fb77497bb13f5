"""Correspondence lines: across an expected edge of the object, each looks for it in the picture.

Stoiber, Pfanne, Strobl, Triebel and Albu-Schaeffer, "A sparse Gaussian approach to region-based 6DoF object tracking",
ACCV 2020. Offsets along a line count in pixels of the crop, outwards.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.contour.viewpoints import Edges
from fpgnas_core.imaging import PixelMap
from fpgnas_core.se3 import CROSS

HALF_LENGTH = 12
"""A line reaches so many pixels to either side."""

OFFSETS = np.arange(-HALF_LENGTH, HALF_LENGTH + 1)
"""Of the pixels along a line."""
_NEAREST = 1e-2  # metres
_FRAME_MARGIN = 2.0  # pixels; the frame's border is no outline


@dataclass(frozen=True, eq=False)
class Lines:
    """Across the edges of an object at a pose."""

    pixels: FloatArray
    """(n, 2), crop pixels of the expected edge."""
    directions: FloatArray
    """(n, 2), unit vectors, of an outline outwards."""
    by_pose: FloatArray
    """(n, 6), pixels by which the edge moves in that direction with t + dt and Exp(dtheta) R."""
    usable: NDArray[np.bool_]
    """(n,), whether there is such an edge, within frame and crop."""


def lines_across(
    T_camera_object: FloatArray, edges: Edges, pixel_map: PixelMap, camera: Camera, size: int
) -> Lines | None:
    """Return the lines across `edges` of an object at a pose, (4, 4) metres, in a crop of `size` pixels a side.

    `pixel_map` maps the crop to the frame of `camera`. None if the object reaches behind the camera.
    """
    points, normals = edges
    rotation = T_camera_object[:3, :3]
    turned = points @ rotation.T
    seen = turned + T_camera_object[:3, 3]
    if seen[:, 2].min() < _NEAREST:
        return None
    in_frame, by_point = camera.project_with_jacobian(seen)
    to_crop = np.linalg.inv(pixel_map.matrix[:, :2])
    pixels, by_point = (in_frame - pixel_map.matrix[:, 2]) @ to_crop.T, to_crop @ by_point
    directions = (by_point @ (normals @ rotation.T)[:, :, None])[:, :, 0]
    lengths = np.linalg.norm(directions, axis=1)
    directions /= np.maximum(lengths, 1e-9)[:, None]
    by_translation = (directions[:, None] @ by_point)[:, 0]
    by_turn = ((turned @ CROSS).reshape(-1, 3, 3) @ by_translation[:, :, None])[:, :, 0]
    by_pose = np.hstack([by_translation, by_turn])
    largest = np.array([camera.width, camera.height]) - 1 - _FRAME_MARGIN
    within = (in_frame > _FRAME_MARGIN) & (in_frame < largest) & (pixels > 0) & (pixels < size - 1)
    return Lines(pixels, directions, by_pose, np.asarray(within.all(axis=1) & (lengths > 0)))


def around(reach: int) -> slice:
    """Return the pixels of a line up to `reach` from its middle."""
    return slice(HALF_LENGTH - reach, HALF_LENGTH + reach + 1)
