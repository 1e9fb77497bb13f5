"""A pose moved so that the object's outline lies where the colours change: Gauss-Newton over correspondence lines.

The network knows which side of the object is seen, the outline how large and how turned it is exactly. What the
network says stays in the fit with its covariance, so that what the outline leaves open is the network's.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.arrays import ByteArray, FloatArray, IntArray
from fpgnas_core.camera import Camera
from fpgnas_core.contour.colours import MOST_LOG_ODDS, colour_numbers, log_odds
from fpgnas_core.contour.lines import HALF_LENGTH, Lines, lines_across, outline_offsets
from fpgnas_core.contour.viewpoints import ViewpointModel
from fpgnas_core.imaging import PixelMap
from fpgnas_core.se3 import moved

LARGEST_OFFSETS = (10, 8, 6, 4, 3)
"""Pixels: how far the outline is looked for, in one step after the other."""

_NETWORK_VARIANCE = 4.0  # by which the network's squared errors exceed what it says, about
_INDEPENDENT_LINES = 40.0  # lines beside each other err together
_NEAR, _FAR = 1, HALF_LENGTH  # px; colours are taken between these distances from the outline
_SEEN = 0.1  # confidence from which a pixel may be the object's
_INSIDE_PX = 2  # the network has to see the object so far inside the outline
_FEWEST_PIXELS = 50
_DISTANCES = np.arange(-HALF_LENGTH, HALF_LENGTH + 1)
_ON_OBJECT = np.flatnonzero((_DISTANCES >= -_FAR) & (_DISTANCES < -_NEAR))
_BESIDE = np.flatnonzero((_DISTANCES <= _FAR) & (_DISTANCES > _NEAR))
_JUST_INSIDE = slice(HALF_LENGTH - 4, HALF_LENGTH)
_JUST_OUTSIDE = slice(HALF_LENGTH + 1, HALF_LENGTH + 5)


class _Doubt(NamedTuple):
    """Standard deviations by which an outline found inside the expected one, or outside, is off to count half."""

    inside: float
    outside: float
    slack_px: float


class _View(NamedTuple):
    """A crop as alignment looks at it: colours by number and confidences of its pixels, flat, and what it shows."""

    numbers: IntArray
    confidences: FloatArray
    size: int
    pixel_map: PixelMap
    camera: Camera
    viewpoints: ViewpointModel


_OF_THE_INSIDE = _Doubt(0.5, 1.0, 1.5)
"""Something that stands before the object ends inside its outline, and so does its own shade."""
_OF_BOTH = _Doubt(1.0, 1.0, 2.0)
_CLEAR, _CLEARER = 0.7, 0.02
"""Contrast that leaves no doubt, and by how much that of another fit has to be higher."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where an object is by its outline and the network together."""

    T_camera_object: FloatArray
    """(4, 4), metres."""
    covariance: FloatArray
    """(6, 6) of t + dt and Exp(dtheta) R."""
    contrast: float
    """How clearly colours change across the outline: 0 for not at all, 1 for as clearly as can be."""


def align(
    crop: ByteArray,
    confidences: FloatArray,
    pixel_map: PixelMap,
    camera: Camera,
    T_camera_object: FloatArray,
    covariance: FloatArray,
    viewpoints: ViewpointModel,
) -> Alignment:
    """Return the pose that outline and network together make likeliest.

    `crop` (S, S, 3) uint8 shows the object, which is visible with `confidences` (S, S), 0 to 1; `pixel_map` maps it to
    the frame of `camera`. `T_camera_object`, (4, 4) metres, and `covariance`, (6, 6), are the network's. They come back
    as they are, with a contrast of 1, where too little of the outline is seen.
    """
    view = _View(colour_numbers(crop).ravel(), confidences.ravel(), len(crop), pixel_map, camera, viewpoints)
    network = Alignment(T_camera_object, covariance, 1.0)
    found = _aligned(view, network, _OF_THE_INSIDE)
    if found.contrast >= _CLEAR:
        return found
    other = _aligned(view, network, _OF_BOTH)
    return other if other.contrast > found.contrast + _CLEARER else found


def _aligned(view: _View, network: Alignment, doubt: _Doubt) -> Alignment:
    """Return what `align` does by one way to weigh lines; `network` where too little of the outline is seen."""
    said = np.linalg.inv(network.covariance * _NETWORK_VARIANCE)
    pose, way, normal, contrast = network.T_camera_object, np.zeros(6), said, network.contrast
    for largest in LARGEST_OFFSETS:
        lines = lines_across(pose, view.viewpoints, view.pixel_map, view.camera, view.size)
        odds = None if lines is None else _log_odds_along(lines, view.numbers, view.confidences, view.size)
        if lines is None or odds is None:
            return network
        offsets, weights = _measured(lines, *odds, largest, doubt)
        weighted = lines.by_pose.T * weights
        normal = weighted @ lines.by_pose + said
        step = np.linalg.solve(normal, weighted @ offsets - said @ way)
        way, pose, contrast = way + step, moved(pose, step), _contrast(lines, odds[0])
    return Alignment(pose, np.linalg.inv(normal) / _NETWORK_VARIANCE, contrast)


def _log_odds_along(
    lines: Lines, numbers: IntArray, confidences: FloatArray, size: int
) -> tuple[FloatArray, NDArray[np.bool_]] | None:
    """Return log odds along each line that pixels are the object's, and whether the network sees it inside the line.

    None where there is too little to see.
    """
    places, inside = lines.samples(size)
    seen, colours = np.take(confidences, places) > _SEEN, np.take(numbers, places)
    object_weights, beside_weights = (inside * seen)[:, _ON_OBJECT].ravel(), inside[:, _BESIDE].ravel()
    if min(object_weights.sum(), beside_weights.sum()) < _FEWEST_PIXELS or not lines.usable.any():
        return None
    odds = log_odds(colours[:, _ON_OBJECT].ravel(), object_weights, colours[:, _BESIDE].ravel(), beside_weights)
    return np.take(odds, colours) * inside, seen[:, HALF_LENGTH - _INSIDE_PX]


def _measured(
    lines: Lines, odds: FloatArray, uncovered: NDArray[np.bool_], largest: int, doubt: _Doubt
) -> tuple[FloatArray, FloatArray]:
    """Return where each line sees the outline, px outwards, and its weight."""
    offsets, information = outline_offsets(odds, largest)
    variances = 1 / np.maximum(information, 1e-3) + doubt.slack_px**2
    robust = 1 / (1 + (offsets / np.where(offsets < 0, doubt.inside, doubt.outside)) ** 2 / variances)
    return offsets, information * robust * (uncovered & lines.usable) * (_INDEPENDENT_LINES / len(offsets))


def _contrast(lines: Lines, odds: FloatArray) -> float:
    """Return the mean difference of log odds across the outline, in the largest one there can be."""
    across = odds[:, _JUST_INSIDE].mean(axis=1) - odds[:, _JUST_OUTSIDE].mean(axis=1)
    return max(0.0, float(across[lines.usable].mean()) / (2 * MOST_LOG_ODDS))
