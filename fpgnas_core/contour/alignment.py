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
from numpy.typing import NDArray

from fpgnas_core.arrays import ByteArray, Float32Array, FloatArray, IntArray
from fpgnas_core.camera import Camera
from fpgnas_core.contour.colours import MOST_LOG_ODDS, colour_numbers, log_odds
from fpgnas_core.contour.edges import changes, edges_across
from fpgnas_core.contour.lines import HALF_LENGTH, Lines, edge_offsets, lines_across
from fpgnas_core.contour.viewpoints import ViewpointModel
from fpgnas_core.imaging import PixelMap
from fpgnas_core.se3 import moved

LARGEST_OFFSETS = (10, 8, 6, 4, 3, 2)
"""Pixels: how far the outline is looked for, step after step. Where a step hardly moved anything, the last follows."""

_NETWORK_VARIANCE = 16.0  # by which the network's squared errors exceed what it says, about
_INDEPENDENT_LINES = 40.0  # lines beside each other err together; of the outline, and as many of inner edges
_INNER_WITHIN = 6  # px; inner edges are near each other, and a pose farther off would take one for another
_DOUBT_OF_FAINT = 4  # power of the contrast: where it is low, poses are farther off than lines say, and no line knows
# Standard deviations by which an outline found inside the expected one, or outside, is off to count half: something
# that stands before the object ends inside its outline, and so does its own shade.
_DOUBT_INSIDE, _DOUBT_OUTSIDE, _SLACK_PX = 0.5, 1.0, 1.5
_DOUBT_INNER = 0.7  # the same of an inner edge, to either side
_SETTLED_PX = 0.6  # a step that moves no line farther
# Mean offset of edges at the end, among those looked for within 2 pixels, from which a pose is more likely wrong than
# right, and how soon it is: of poses within a tenth of a diameter 98 % have less, of others half have more.
_MISFIT_PX, _MISFIT_SPREAD_PX = 1.12, 0.13
_HOPELESS, _CLEAR = 0.1, 0.5  # clarity between which other starts are tried: below it they seldom find anything
_BESIDE_DEVIATIONS = 0.5  # by which other starts lie beside the network's pose
_NEAR, _FAR = 1, HALF_LENGTH  # px; colours are taken between these distances from the outline
_SEEN = 0.1  # confidence from which a pixel may be the object's
_COVERED = 0.7  # and from which it is
_INSIDE_PX = 2  # the network has to see the object so far inside the outline
_FEWEST_PIXELS = 50
_DISTANCES = np.arange(-HALF_LENGTH, HALF_LENGTH + 1)
_ON_OBJECT = np.flatnonzero((_DISTANCES >= -_FAR) & (_DISTANCES < -_NEAR))
_BESIDE = np.flatnonzero((_DISTANCES <= _FAR) & (_DISTANCES > _NEAR))
_JUST_INSIDE = slice(HALF_LENGTH - 4, HALF_LENGTH)
_JUST_OUTSIDE = slice(HALF_LENGTH + 1, HALF_LENGTH + 5)


class _View(NamedTuple):
    """A crop as alignment looks at it: colours by number, changes and confidences of its pixels, and what it shows."""

    numbers: IntArray
    changes: Float32Array
    confidences: FloatArray
    size: int
    pixel_map: PixelMap
    camera: Camera
    viewpoints: ViewpointModel


class _Seen(NamedTuple):
    """Along lines: log odds that pixels are the object's, 0 on inner edges, and how strong edges are.

    And whether the network sees the object there, and which lines are of inner edges.
    """

    lines: Lines
    odds: FloatArray
    edges: FloatArray
    uncovered: NDArray[np.bool_]
    inner: NDArray[np.bool_]


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
    flat = colour_numbers(crop).ravel(), changes(crop), confidences.ravel()
    view = _View(*flat, len(crop), pixel_map, camera, viewpoints)
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

    None where too little of the outline is seen.
    """
    said = np.linalg.inv(covariance * _NETWORK_VARIANCE)
    pose, way, settled = start, np.zeros(6), False
    for largest in LARGEST_OFFSETS:
        if settled and largest != LARGEST_OFFSETS[-1]:
            continue
        seen = _seen_along(lines_across(pose, view.viewpoints, view.pixel_map, view.camera, view.size), view)
        if seen is None:
            return None
        offsets, weights = _measured(seen, largest)
        weighted = seen.lines.by_pose.T * weights
        information, contrast = weighted @ seen.lines.by_pose, _contrast(seen)
        step = np.asarray(np.linalg.solve(information + said, weighted @ offsets - said @ way), np.float64)
        way, pose = way + step, moved(pose, step)
        settled = bool(np.abs(seen.lines.by_pose @ step).max() < _SETTLED_PX)
    trusted = contrast**_DOUBT_OF_FAINT * information + said
    return Alignment(pose, np.linalg.inv(trusted) / _NETWORK_VARIANCE, contrast, _fit(offsets[weights > 0]))


def _seen_along(lines: Lines | None, view: _View) -> _Seen | None:
    """Return what is seen along the lines; None where that is too little."""
    inner = view.viewpoints.inner > 0
    if lines is None or not (lines.usable & ~inner).any():
        return None
    places, inside = lines.samples(view.size)
    confidences, colours = np.take(view.confidences, places), np.take(view.numbers, places)
    of_outline = inside * ~inner[:, None]
    object_weights = (of_outline * (confidences > _SEEN))[:, _ON_OBJECT].ravel()
    beside_weights = of_outline[:, _BESIDE].ravel()
    if min(object_weights.sum(), beside_weights.sum()) < _FEWEST_PIXELS:
        return None
    odds = log_odds(colours[:, _ON_OBJECT].ravel(), object_weights, colours[:, _BESIDE].ravel(), beside_weights)
    edges = edges_across(view.changes, places, lines.directions)
    just_inside, there = confidences[:, HALF_LENGTH - _INSIDE_PX], confidences[:, HALF_LENGTH]
    uncovered = np.where(inner, there > _COVERED, just_inside > _SEEN)
    return _Seen(lines, np.take(odds, colours) * of_outline, edges * inside, uncovered, inner)


def _measured(seen: _Seen, largest: int) -> tuple[FloatArray, FloatArray]:
    """Return where each line sees its edge, px, of the outline outwards, and its weight."""
    offsets, information = edge_offsets(seen.odds, seen.edges, largest)
    variances = 1 / np.maximum(information, 1e-3) + _SLACK_PX**2
    doubt = np.where(seen.inner, _DOUBT_INNER, np.where(offsets < 0, _DOUBT_INSIDE, _DOUBT_OUTSIDE))
    robust = 1 / (1 + (offsets / doubt) ** 2 / variances)
    there = seen.uncovered & seen.lines.usable & (~seen.inner | (largest <= _INNER_WITHIN))
    count = np.where(seen.inner, seen.inner.sum(), (~seen.inner).sum())
    return offsets, information * robust * there * (_INDEPENDENT_LINES / count)


def _contrast(seen: _Seen) -> float:
    """Return the mean difference of log odds across the outline, in the largest one there can be."""
    across = seen.odds[:, _JUST_INSIDE].mean(axis=1) - seen.odds[:, _JUST_OUTSIDE].mean(axis=1)
    return max(0.0, float(across[seen.lines.usable & ~seen.inner].mean()) / (2 * MOST_LOG_ODDS))


def _fit(offsets: FloatArray) -> float:
    """Return how near edges are to where they should be, 0 to 1, of the offsets of those that are seen."""
    misfit = float(np.abs(offsets).mean()) if len(offsets) else math.inf
    return 1 / (1 + math.exp(min((misfit - _MISFIT_PX) / _MISFIT_SPREAD_PX, 50.0)))
