"""Correspondence lines: across an expected edge of the object, each looks for it in the picture.

Stoiber, Pfanne, Strobl, Triebel and Albu-Schaeffer, "A sparse Gaussian approach to region-based 6DoF object tracking",
ACCV 2020. Offsets along a line count in pixels of the crop, outwards.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.arrays import FloatArray, IntArray
from fpgnas_core.camera import Camera
from fpgnas_core.contour.viewpoints import ViewpointModel
from fpgnas_core.imaging import PixelMap
from fpgnas_core.se3 import CROSS

HALF_LENGTH = 12
"""A line reaches so many pixels to either side."""

_OFFSETS = np.arange(-HALF_LENGTH, HALF_LENGTH + 1)
_NEAREST = 1e-2  # metres
_FRAME_MARGIN = 2.0  # pixels; the frame's border is no outline
_CORRELATED_PX = 2.0  # neighbouring pixels say the same
_EXPECTED = 0.7  # standard deviation of an outline's offset, in largest offsets
_PIXEL_VARIANCE = 0.25  # px^2, of an outline that is seen as clearly as can be
_EDGE_WEIGHT = 2.0  # of a strong edge's log strength, in nats


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

    def samples(self, size: int) -> tuple[IntArray, FloatArray]:
        """Return the flat places of pixels along each line in a crop of `size`, and 1 for those within it, else 0.

        Both (n, 2 HALF_LENGTH + 1), from the inside to the outside.
        """
        places = self.pixels[:, :, None] + self.directions[:, :, None] * _OFFSETS
        columns, rows = np.rint(places).astype(np.int64).transpose(1, 0, 2)
        inside = (columns >= 0) & (columns < size) & (rows >= 0) & (rows < size)
        return np.where(inside, rows * size + columns, 0), inside.astype(np.float64)


def lines_across(
    T_camera_object: FloatArray, viewpoints: ViewpointModel, pixel_map: PixelMap, camera: Camera, size: int
) -> Lines | None:
    """Return the lines across the edges seen at a pose, (4, 4) metres, in a crop of `size` pixels a side.

    `pixel_map` maps the crop to the frame of `camera`. None if the object reaches behind the camera.
    """
    points, normals = viewpoints.nearest(T_camera_object)
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


def edge_offsets(log_odds: FloatArray, edges: FloatArray, largest: int) -> tuple[FloatArray, FloatArray]:
    """Return the offset of the edge along each line, px, and how well it is known, 1 / px^2, (n,) each.

    `log_odds` (n, 2 HALF_LENGTH + 1), that a pixel is the object's, and log strengths of `edges` there. An outline at
    an offset d has the object's colours up to d, others beyond, and an edge at d: its log likelihood is the sum up to
    d and the strength at d. Odds of 0 leave the edge alone. Its mean and variance are taken beside a broad expectation,
    within `largest` pixels, which is then divided out again.
    """
    within = slice(HALF_LENGTH - largest, HALF_LENGTH + largest + 1)
    offsets, odds = _OFFSETS[within].astype(np.float64), log_odds[:, within]
    expected = -0.5 * (offsets / (_EXPECTED * largest)) ** 2
    by_colour = (np.cumsum(odds, axis=1) - 0.5 * odds) / _CORRELATED_PX
    scores = by_colour + _EDGE_WEIGHT * edges[:, within] + expected
    likelihoods = np.exp(scores - scores.max(axis=1, keepdims=True))
    likelihoods /= likelihoods.sum(axis=1, keepdims=True)
    means = likelihoods @ offsets
    variances = likelihoods @ offsets**2 - means**2 + 1e-9
    weights = np.exp(expected)
    broad = float(weights @ offsets**2 / weights.sum())
    undone = np.clip(means / np.maximum(1 - variances / broad, 1e-3), -largest, largest)
    return undone, np.maximum(1 / (variances + _PIXEL_VARIANCE) - 1 / (broad + _PIXEL_VARIANCE), 0.0)
