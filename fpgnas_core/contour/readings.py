"""What a picture shows along correspondence lines: where edges are, and how clearly the outline parts colours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.arrays import Float32Array, FloatArray, IntArray
from fpgnas_core.contour.colours import MOST_LOG_ODDS, NO_COLOUR, log_odds
from fpgnas_core.contour.edges import edges_across
from fpgnas_core.contour.lines import HALF_LENGTH, Lines, around
from fpgnas_core.contour.offsets import edge_offsets
from fpgnas_core.contour.picture import Picture

_INDEPENDENT_LINES = 40.0  # lines beside each other err together; of the outline, and as many of inner edges
# Standard deviations by which an outline found inside the expected one, or outside, is off to count half: something
# that stands before the object ends inside its outline, and so does its own shade.
_DOUBT_INSIDE, _DOUBT_OUTSIDE, _SLACK_PX = 0.5, 1.0, 1.5
_DOUBT_INNER = 0.7  # the same of an inner edge, to either side
_SEEN = 0.1  # confidence from which a pixel may be the object's
_COVERED = 0.7  # and from which it is
_INSIDE_PX = 2  # the network has to see the object so far inside the outline
_FEWEST_PIXELS = 50
_ON_OBJECT = slice(0, HALF_LENGTH - 1)
_BESIDE = slice(HALF_LENGTH + 2, None)
_CONTRAST_PX = 5  # pixels to either side of the outline, the nearest one not, that tell how clearly colours change


@dataclass(frozen=True, eq=False)
class Readings:
    """Of n lines, those of the outline first."""

    offsets: FloatArray
    """(n,), px, where each edge is, of the outline outwards."""
    weights: FloatArray
    """(n,), 1 / px^2; 0 where none is seen."""
    contrast: float
    """Mean difference of log odds across the outline, in the largest one there can be."""


def read(picture: Picture, lines: Lines, outline: int, largest: int) -> Readings | None:
    """Return what is seen along the lines within `largest` pixels; the first `outline` ones are across the outline.

    None where that is too little.
    """
    if not lines.usable[:outline].any():
        return None
    places = picture.places(lines)
    odds = _odds(picture, places[:outline])
    if odds is None:
        return None
    edges = edges_across(picture.changes, places[:, around(largest)], lines.directions)
    offsets, information = edge_offsets(odds[:, around(largest)], edges)
    weights = information * _trusted(offsets, information, outline) * lines.usable
    weights *= _uncovered(picture, places, outline)
    weights[:outline] *= _INDEPENDENT_LINES / outline
    weights[outline:] *= _INDEPENDENT_LINES / max(1, len(weights) - outline)
    return Readings(offsets, weights, _contrast(odds[lines.usable[:outline]]))


def _odds(picture: Picture, places: IntArray) -> Float32Array | None:
    """Return the log odds that pixels are the object's, 0 beyond the crop; None where too few tell."""
    colours = np.take(picture.colours, places)
    on_object = colours[:, _ON_OBJECT][np.take(picture.confidences, places[:, _ON_OBJECT]) > _SEEN]
    beside = colours[:, _BESIDE].ravel()
    if len(on_object) < _FEWEST_PIXELS or (beside != NO_COLOUR).sum() < _FEWEST_PIXELS:
        return None
    return np.take(log_odds(on_object, beside), colours)


def _trusted(offsets: FloatArray, information: FloatArray, outline: int) -> FloatArray:
    """Return how far each offset is believed, 0 to 1: the less, the farther off it is."""
    doubt = np.where(offsets < 0, _DOUBT_INSIDE, _DOUBT_OUTSIDE)
    doubt[outline:] = _DOUBT_INNER
    variances = 1 / np.maximum(information, 1e-3) + _SLACK_PX**2
    trusted: FloatArray = 1 / (1 + (offsets / doubt) ** 2 / variances)
    return trusted


def _uncovered(picture: Picture, places: IntArray, outline: int) -> NDArray[np.bool_]:
    """Return whether the network sees the object just inside the outline, and at inner edges."""
    inside, there = places[:outline, HALF_LENGTH - _INSIDE_PX], places[outline:, HALF_LENGTH]
    seen = np.take(picture.confidences, inside) > _SEEN, np.take(picture.confidences, there) > _COVERED
    return np.concatenate(seen)


def _contrast(odds: Float32Array) -> float:
    inside = odds[:, HALF_LENGTH - _CONTRAST_PX + 1 : HALF_LENGTH]
    outside = odds[:, HALF_LENGTH + 1 : HALF_LENGTH + _CONTRAST_PX]
    return max(0.0, float(inside.mean() - outside.mean()) / (2 * MOST_LOG_ODDS))
