"""Where along a line an edge lies, by the colours to either side of it and by how strong it is."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from fpgnas_core.arrays import Float32Array, FloatArray

_CORRELATED_PX = 2.0  # neighbouring pixels say the same
_EXPECTED = 0.7  # standard deviation of an outline's offset, in largest offsets
_PIXEL_VARIANCE = 0.25  # px^2, of an outline that is seen as clearly as can be
_EDGE_WEIGHT = 2.0  # of a strong edge's log strength, in nats
_IMPOSSIBLE = -30.0  # nats


@dataclass(frozen=True, eq=False)
class _Window:
    """What does not depend on the picture, of w = 2 `largest` + 1 offsets."""

    expected: Float32Array
    """(w,), log of the broad expectation."""
    by_colour: Float32Array
    """(w, w): log odds of pixels times this are scores of the outline's offsets."""
    moments: Float32Array
    """(w, 3): likelihoods times this are their sum, and the sums of offsets and of their squares."""
    broad: float
    """Variance of the expectation, px^2."""


@cache
def _window(largest: int) -> _Window:
    offsets = np.arange(-largest, largest + 1, dtype=np.float32)
    expected = -0.5 * (offsets / (_EXPECTED * largest)) ** 2
    up_to = np.triu(np.ones((len(offsets), len(offsets)))) - 0.5 * np.eye(len(offsets))
    moments = np.stack([offsets**0, offsets, offsets**2], axis=1)
    total, _, squares = np.exp(expected) @ moments
    return _Window(expected, (up_to / _CORRELATED_PX).astype(np.float32), moments, float(squares / total))


def edge_offsets(log_odds: Float32Array, edges: Float32Array) -> tuple[FloatArray, FloatArray]:
    """Return the offset of the edge along each of n lines, px, and how well it is known, 1 / px^2, (n,) each.

    `edges` (n, w) are log strengths of edges at offsets -(w - 1) / 2 to (w - 1) / 2. The first m lines are of an
    outline: `log_odds` (m, w), that a pixel there is the object's. An outline at an offset d has the object's colours
    up to d, others beyond, and an edge at d: its log likelihood is the sum up to d and the strength at d. Mean and
    variance are taken beside a broad expectation, which is then divided out again.
    """
    largest = edges.shape[1] // 2
    window = _window(largest)
    scores = _EDGE_WEIGHT * edges + window.expected
    scores[: len(log_odds)] += log_odds @ window.by_colour
    likelihoods = np.exp(np.maximum(scores - scores.max(axis=1, keepdims=True), _IMPOSSIBLE))
    totals, sums, squares = (likelihoods @ window.moments).astype(np.float64).T
    means = sums / totals
    variances = squares / totals - means**2 + 1e-9
    undone = means / np.maximum(1 - variances / window.broad, 1e-3)
    information = 1 / (variances + _PIXEL_VARIANCE) - 1 / (window.broad + _PIXEL_VARIANCE)
    return np.minimum(np.maximum(undone, -largest), largest), np.maximum(information, 0.0)
