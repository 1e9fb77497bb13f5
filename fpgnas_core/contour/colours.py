"""How much likelier a colour is on the object than beside it."""

import numpy as np

from fpgnas_core.arrays import ByteArray, Float32Array, IntArray

LEVELS = 16
"""Each channel is told apart in so many levels."""
NO_COLOUR = LEVELS**3
"""Number of what is beyond the picture."""
MOST_LOG_ODDS = 3.0
"""No colour is surer than this: what was sampled is little."""

_BITS = 4  # log2(LEVELS)
_SMALLEST_SHARE = 3e-5  # of all pixels of one side, for colours that were not seen there
_SPREAD = 0.7  # levels: standard deviation by which noise and shading move a colour
_NEGLIGIBLE = 1e-6  # smaller factors would give numbers with which processors take a hundred times as long


def colour_numbers(image: ByteArray) -> IntArray:
    """Return (H, W) numbers, 0 to LEVELS^3 - 1, of the colours of an (H, W, 3) image."""
    levels = (image >> (8 - _BITS)).astype(np.int64)
    numbers: IntArray = (levels[..., 0] << 2 * _BITS) + (levels[..., 1] << _BITS) + levels[..., 2]
    return numbers


def log_odds(on_object: IntArray, beside: IntArray) -> Float32Array:
    """Return log p(colour | object) / p(colour | beside it) of each colour, within MOST_LOG_ODDS; of NO_COLOUR 0.

    (LEVELS^3 + 1,), from the numbers of pixels on the object and beside it, 1-D, some of each. Those without a colour
    do not count.
    """
    sides = np.stack([np.bincount(numbers, minlength=NO_COLOUR + 1)[:-1] for numbers in (on_object, beside)])
    counts = sides.astype(np.float32)
    # Smoothed along one channel after the other.
    for _ in range(3):
        counts = (_KERNEL @ counts.reshape(2, LEVELS, -1)).transpose(0, 2, 1).reshape(2, -1)
    shares = counts / counts.sum(axis=1, keepdims=True) + _SMALLEST_SHARE
    odds = np.zeros(NO_COLOUR + 1, np.float32)
    np.log(shares[0] / shares[1], out=odds[:-1])
    return np.minimum(np.maximum(odds, -MOST_LOG_ODDS), MOST_LOG_ODDS)


def _kernel() -> Float32Array:
    apart = np.arange(LEVELS)[:, None] - np.arange(LEVELS)
    kernel = np.exp(-0.5 * (apart / _SPREAD) ** 2)
    return np.where(kernel > _NEGLIGIBLE, kernel, 0).astype(np.float32)


_KERNEL = _kernel()
