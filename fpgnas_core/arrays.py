"""Array types and the one check of shapes that all modules share."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fpgnas_core.errors import ShapeError

FloatArray: TypeAlias = NDArray[np.float64]
Float32Array: TypeAlias = NDArray[np.float32]
IntArray: TypeAlias = NDArray[np.int64]
ByteArray: TypeAlias = NDArray[np.uint8]


def checked(name: str, value: ArrayLike, shape: Sequence[int | None]) -> FloatArray:
    """Return `value` as a float64 array of `shape`; None stands for any length.

    Raises ShapeError if it is not numeric, has another shape or holds NaN or infinity.
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as err:
        msg = f"{name}: expected numbers of shape {_text(shape)}, got {type(value).__name__} that is no such array"
        raise ShapeError(msg) from err
    if not _fits(array.shape, shape):
        msg = f"{name}: expected shape {_text(shape)}, got {array.shape}"
        raise ShapeError(msg)
    if not np.isfinite(array).all():
        msg = f"{name}: expected finite numbers, got NaN or infinity"
        raise ShapeError(msg)
    return array


def _fits(shape: Sequence[int], wanted: Sequence[int | None]) -> bool:
    # A list, not a generator for all(): half the time, and this runs in the innermost loops of the estimator.
    return len(shape) == len(wanted) and not [w for w, n in zip(wanted, shape, strict=True) if w is not None and w != n]


def _text(shape: Sequence[int | None]) -> str:
    return "(" + ", ".join("n" if length is None else str(length) for length in shape) + ")"
