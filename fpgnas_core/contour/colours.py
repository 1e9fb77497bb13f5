"""How much likelier a colour is on the object than beside it."""

import numpy as np

from fpgnas_core.arrays import ByteArray, FloatArray, IntArray

LEVELS = 16
"""Each channel is told apart in so many levels."""
MOST_LOG_ODDS = 3.0
"""No colour is surer than this: what was sampled is little."""

_SHIFT = 256 // LEVELS
_SMALLEST_SHARE = 3e-5  # of all pixels of one side, for colours that were not seen there
_SPREAD = 0.7  # levels: standard deviation by which noise and shading move a colour


def colour_numbers(image: ByteArray) -> IntArray:
    """Return (H, W) numbers, 0 to LEVELS^3 - 1, of the colours of an (H, W, 3) image."""
    levels = (image // _SHIFT).astype(np.int16)
    return ((levels[..., 0] * LEVELS + levels[..., 1]) * LEVELS + levels[..., 2]).astype(np.int64)


def log_odds(
    on_object: IntArray, object_weights: FloatArray, beside: IntArray, beside_weights: FloatArray
) -> FloatArray:
    """Return log p(colour | object) / p(colour | beside it) of each colour, (LEVELS^3,), within MOST_LOG_ODDS.

    From the numbers and weights of pixels on the object and beside it, 1-D; each side has some weight.
    """
    odds = np.log(_shares(on_object, object_weights)) - np.log(_shares(beside, beside_weights))
    return np.asarray(np.minimum(np.maximum(odds, -MOST_LOG_ODDS), MOST_LOG_ODDS))


def _shares(numbers: IntArray, weights: FloatArray) -> FloatArray:
    counts: FloatArray = np.bincount(numbers, weights, LEVELS**3).astype(np.float64)
    # Smoothed along one channel after the other.
    for _ in range(3):
        counts = (_KERNEL @ counts.reshape(LEVELS, -1)).T.ravel()
    shares: FloatArray = counts / counts.sum() + _SMALLEST_SHARE
    return shares


def _kernel() -> FloatArray:
    apart = np.arange(LEVELS)[:, None] - np.arange(LEVELS)
    return np.exp(-0.5 * (apart / _SPREAD) ** 2)


_KERNEL = _kernel()
