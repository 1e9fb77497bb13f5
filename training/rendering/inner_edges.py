"""Points of edges inside an object's outline in one view: creases, steps, and borders between its colours.

Local maxima across the edge of how much colour and normal of the surface change (Canny 1986), at the scale at which a
crop of the second pass shows them.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from training.rendering.drawn_view import DrawnView, EdgePoints
from training.rendering.renderer import Surfaces

POINTS = 64
"""In each view; where there are fewer, the rest are zeros."""
_SMOOTHED_PX = 2.5
_LEAST_STEP = 0.17
"""Of albedo, 0 to 1, or of half a normal: a crease of 20 degrees."""
_INSIDE_PX = 16
"""So far from the outline, some 4 pixels of a crop, an edge is told from it."""
_NORMAL_WEIGHT = 0.5
Vector = NDArray[np.float64]
Picture = NDArray[np.float32]


class _Steps(NamedTuple):
    """height: (H, W) of the step at each pixel.  direction: (H, W, 2), unit vectors across it."""

    height: Picture
    direction: Picture


def inner_edges(view: DrawnView, rng: np.random.Generator) -> EdgePoints:
    """Some of all pixels where the object's surface changes, (POINTS, 3)."""
    mask = view.geometry.instances > 0
    inside = cv2.erode(mask.astype(np.uint8), np.ones((2 * _INSIDE_PX + 1, 2 * _INSIDE_PX + 1)))
    steps = _steps(view.surfaces)
    before, after = (_beside(steps, sign) for sign in (-1.0, 1.0))
    highest = (steps.height >= before) & (steps.height >= after) & (steps.height > _LEAST_STEP) & (inside > 0)
    rows, columns = np.nonzero(highest)
    chosen = rng.permutation(len(rows))[:POINTS]
    rows, columns = rows[chosen], columns[chosen]
    at, low, high = (heights[rows, columns].astype(np.float64) for heights in (steps.height, before, after))
    # The top of a parabola through the three heights.
    shifts = ((high - low) / np.maximum(2 * (2 * at - low - high), 1e-6)).clip(-0.7, 0.7)
    directions = steps.direction[rows, columns].astype(np.float64)
    pixels = np.column_stack([columns, rows]) + shifts[:, None] * directions
    # A step's edge is that of its nearer side.
    depths = cv2.erode(np.where(mask, view.geometry.depth, np.float32(np.inf)), np.ones((3, 3)))[rows, columns]
    found = EdgePoints(view.on_surface(pixels, depths.astype(np.float64)), view.across(directions))
    return EdgePoints(*(np.vstack([part, np.zeros((POINTS - len(rows), 3))]) for part in found))


def _steps(surfaces: Surfaces) -> _Steps:
    """By the structure tensor; blurred by s, a step of height h has the slope h / (s sqrt(2 pi))."""
    values = np.dstack([surfaces.albedo, _NORMAL_WEIGHT * surfaces.normals])
    smooth = cv2.GaussianBlur(values, (0, 0), _SMOOTHED_PX)
    parts = cv2.split(smooth)
    slopes = [[cv2.Sobel(part, cv2.CV_32F, *order, scale=1 / 8) for part in parts] for order in ((1, 0), (0, 1))]
    x, y = (np.dstack(along) for along in slopes)
    xx, xy, yy = (x * x).sum(axis=2), (x * y).sum(axis=2), (y * y).sum(axis=2)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    largest = 0.5 * (xx + yy) + np.sqrt(0.25 * (xx - yy) ** 2 + xy**2)
    height = np.sqrt(2 * np.pi * largest) * _SMOOTHED_PX
    return _Steps(height.astype(np.float32), np.dstack([np.cos(angle), np.sin(angle)]).astype(np.float32))


def _beside(steps: _Steps, sign: float) -> Picture:
    """Heights one pixel along each pixel's direction."""
    rows, columns = np.indices(steps.height.shape, np.float32)
    x, y = cv2.split(steps.direction)
    return cv2.remap(steps.height, columns + sign * x, rows + sign * y, cv2.INTER_LINEAR)
