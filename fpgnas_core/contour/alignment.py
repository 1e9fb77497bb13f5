"""A pose moved so that the object's outline lies at edges where colours change, and the edges inside it at edges.

Gauss-Newton over correspondence lines. The network knows which side of the object is seen, its edges how large and how
turned it is exactly. What the network says stays in the fit with its covariance, so that what the edges leave open is
the network's.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dposv

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.contour.lines import Lines, lines_across
from fpgnas_core.contour.picture import Picture
from fpgnas_core.contour.readings import Readings, read
from fpgnas_core.contour.viewpoints import ViewpointModel
from fpgnas_core.imaging import PixelMap
from fpgnas_core.se3 import moved

LARGEST_OFFSETS = (10, 8, 6, 4, 3, 2)
"""Pixels: how far the outline is looked for, step after step. Where a step hardly moved anything, the last follows."""

_NETWORK_VARIANCE = 16.0  # by which the network's squared errors exceed what it says, about
_INNER_WITHIN = 6  # px; inner edges are near each other, and a pose farther off would take one for another
_DOUBT_OF_FAINT = 4  # power of the contrast: where it is low, poses are farther off than lines say, and no line knows
_SETTLED_PX = 0.6  # a step that moves no line farther
# Mean offset of edges at the end, among those looked for within 2 pixels, from which a pose is more likely wrong than
# right, and how soon it is: of poses within a tenth of a diameter 98 % have less, of others half have more.
_MISFIT_PX, _MISFIT_SPREAD_PX = 1.12, 0.13
_HOPELESS, _CLEAR = 0.1, 0.5  # clarity between which other starts are tried: below it they seldom find anything
_BESIDE_DEVIATIONS = 0.5  # by which other starts lie beside the network's pose


class _View(NamedTuple):
    """A crop as alignment looks at it, and what it shows."""

    picture: Picture
    pixel_map: PixelMap
    camera: Camera
    viewpoints: ViewpointModel

    def read(self, pose: FloatArray, largest: int) -> tuple[Lines, Readings] | None:
        """Return the lines across the edges expected at a pose, and what is seen along them, None if too little."""
        edges = self.viewpoints.nearest(pose)
        if largest > _INNER_WITHIN:
            edges = edges.first(self.viewpoints.outline)
        lines = lines_across(pose, edges, self.pixel_map, self.camera, self.picture.size)
        readings = None if lines is None else read(self.picture, lines, self.viewpoints.outline, largest)
        return None if lines is None or readings is None else (lines, readings)


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where an object is by its outline and the network together."""

    T_camera_object: FloatArray
    """(4, 4), metres."""
    covariance: FloatArray
    """(6, 6) of t + dt and Exp(dtheta) R."""
    contrast: float
    """How clearly colours change across the outline: 0 for not at all, 1 for as clearly as can be."""
    fit: float
    """How near edges are to where they should be at this pose, 0 to 1."""

    @property
    def clarity(self) -> float:
        """How clearly the object is there, 0 to 1."""
        return self.contrast * self.fit


def align(
    crop: ByteArray,
    confidences: FloatArray,
    pixel_map: PixelMap,
    camera: Camera,
    T_camera_object: FloatArray,
    covariance: FloatArray,
    viewpoints: ViewpointModel,
    thorough: bool = False,
) -> Alignment:
    """Return the pose that edges and network together make likeliest.

    `crop` (S, S, 3) uint8 shows the object, which is visible with `confidences` (S, S), 0 to 1; `pixel_map` maps it to
    the frame of `camera`. `T_camera_object`, (4, 4) metres, and `covariance`, (6, 6), are the network's. They come back
    as they are, with a contrast and a fit of 1, where too little of the outline is seen. Where the object is not
    clearly there, a `thorough` look tries starts beside the network's pose, too, and takes the clearest pose.
    """
    view = _View(Picture.of(crop, confidences), pixel_map, camera, viewpoints)
    best = _aligned(view, T_camera_object, covariance)
    if best is None:
        return Alignment(T_camera_object, covariance, 1.0, 1.0)
    starts = _beside(T_camera_object, covariance) if thorough and best.clarity > _HOPELESS else ()
    for start in starts:
        if best.clarity >= _CLEAR:
            break
        other = _aligned(view, start, covariance)
        if other is not None and other.clarity > best.clarity:
            best = other
    return best


def _beside(pose: FloatArray, covariance: FloatArray) -> Iterator[FloatArray]:
    """Yield poses to either side of one in the three directions in which it is known least."""
    variances, directions = np.linalg.eigh(covariance * _NETWORK_VARIANCE)
    for variance, direction in zip(variances[:2:-1], directions.T[:2:-1], strict=True):
        for way in (_BESIDE_DEVIATIONS, -_BESIDE_DEVIATIONS):
            yield moved(pose, way * math.sqrt(variance) * direction)


def _aligned(view: _View, start: FloatArray, covariance: FloatArray) -> Alignment | None:
    """Return what is likeliest near a start that is as uncertain as `covariance`, (6, 6), says.

    None where too little of the outline is seen, or the covariance is no covariance.
    """
    said = np.linalg.inv(covariance * _NETWORK_VARIANCE)
    pose, way, settled = start, np.zeros(6), False
    for largest in LARGEST_OFFSETS:
        if settled and largest != LARGEST_OFFSETS[-1]:
            continue
        seen = view.read(pose, largest)
        if seen is None:
            return None
        lines, readings = seen
        weighted = lines.by_pose.T * readings.weights
        information = weighted @ lines.by_pose
        _, step, failed = dposv(information + said, weighted @ readings.offsets - said @ way)
        if failed:
            return None
        way, pose = way + step, moved(pose, step)
        settled = bool(np.abs(lines.by_pose @ step).max() < _SETTLED_PX)
    trusted = readings.contrast**_DOUBT_OF_FAINT * information + said
    fit = _fit(readings.offsets[readings.weights > 0])
    return Alignment(pose, np.linalg.inv(trusted) / _NETWORK_VARIANCE, readings.contrast, fit)


def _fit(offsets: FloatArray) -> float:
    """Return how near edges are to where they should be, 0 to 1, of the offsets of those that are seen."""
    misfit = float(np.abs(offsets).mean()) if len(offsets) else math.inf
    return 1 / (1 + math.exp(min((misfit - _MISFIT_PX) / _MISFIT_SPREAD_PX, 50.0)))
