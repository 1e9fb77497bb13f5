"""Points of an object's outline in one view."""

from __future__ import annotations

import cv2
import numpy as np

from training.errors import RenderError
from training.rendering.drawn_view import DrawnView, EdgePoints

POINTS = 128
_SHORTEST_PX = 24
"""A shorter closed outline is a gap between two triangles, or a hole that blur would close."""
_SMOOTHED_PX = 2.0


def outline_points(view: DrawnView, rng: np.random.Generator, name: str) -> EdgePoints:
    """Some of all pixels at the border of the object's picture, (POINTS, 3). Raises RenderError."""
    mask = (view.geometry.instances > 0).astype(np.uint8)
    found, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outlines = [outline[:, 0] for outline in found if len(outline) >= _SHORTEST_PX]
    pixels = np.concatenate(outlines) if outlines else np.zeros((0, 2), np.int64)
    columns, rows = pixels[mask[pixels[:, 1], pixels[:, 0]] > 0].T
    smooth = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _SMOOTHED_PX)
    slopes = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *order)[rows, columns] for order in ((1, 0), (0, 1))], axis=1)
    steepness = np.linalg.norm(slopes, axis=1)
    chosen = np.flatnonzero(steepness > 1e-3)
    if not len(chosen):
        raise RenderError(
            f"{name}: expected an object with an outline from all sides, got a view without; check the mesh"
        )
    chosen = rng.choice(chosen, POINTS, replace=len(chosen) < POINTS)
    outwards = -slopes[chosen] / steepness[chosen, None]
    # The object ends half a pixel beyond the middle of its last one.
    ends = np.stack([columns, rows], axis=1)[chosen] + 0.5 * outwards
    depths = view.geometry.depth[rows[chosen], columns[chosen]].astype(np.float64)
    return EdgePoints(view.on_surface(ends, depths), view.across(outwards))
