"""Array types and the one check of shapes that all modules share."""

import math
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
    check_shape(name, array.shape, shape)
    # Squares that overflow aside, their sum is finite where all numbers are: a third of the time for small arrays.
    if not math.isfinite(np.vdot(array, array)) and not np.isfinite(array).all():
        msg = f"{name}: expected finite numbers, got NaN or infinity"
        raise ShapeError(msg)
    return array


def check_shape(name: str, shape: Sequence[int], wanted: Sequence[int | None]) -> None:
    """Raise ShapeError unless an array's `shape` is `wanted`; None stands for any length."""
    if not _fits(shape, wanted):
        msg = f"{name}: expected shape {_text(wanted)}, got {tuple(shape)}"
        raise ShapeError(msg)


def _fits(shape: Sequence[int], wanted: Sequence[int | None]) -> bool:
    # A list, not a generator for all(): half the time, and this runs in the innermost loops of the estimator.
    return len(shape) == len(wanted) and not [w for w, n in zip(wanted, shape, strict=True) if w is not None and w != n]


def _text(shape: Sequence[int | None]) -> str:
    return "(" + ", ".join("n" if length is None else str(length) for length in shape) + ")"
