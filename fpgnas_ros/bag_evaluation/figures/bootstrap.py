"""Confidence intervals of figures over frames that follow one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fpgnas_core.arrays import FloatArray

RESAMPLES = 1000
LEVEL = 0.95
SEED = 0
_CHUNK = 2_000_000  # values at a time, so that memory does not grow with the recording

Statistic = Callable[[FloatArray], FloatArray]


def mean_of_rows(values: FloatArray) -> FloatArray:
    """(R,) means of (R, N)."""
    return np.asarray(values.mean(axis=1))


def median_of_rows(values: FloatArray) -> FloatArray:
    """(R,) medians of (R, N)."""
    return np.asarray(np.median(values, axis=1))


def interval(values: ArrayLike, statistic: Statistic) -> tuple[float, float] | None:
    """The interval that holds the statistic with probability LEVEL; None of less than two values.

    values: (N,), in the order of time. Circular block bootstrap (Politis and Romano 1992) with blocks of
    round(sqrt(N)) values, for neighbouring frames are alike: resampling single frames would promise too much.
    Percentiles of RESAMPLES resamples, always the same ones.
    """
    data = np.asarray(values, np.float64)
    if len(data) < 2:
        return None
    found = [statistic(data[indices]) for indices in _resamples(len(data))]
    low, high = np.quantile(np.concatenate(found), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _resamples(count: int) -> Iterator[NDArray[np.int64]]:
    """Indices of resamples, (r, count) each, RESAMPLES rows in all."""
    length = max(1, round(count**0.5))
    rng = np.random.default_rng(SEED)
    starts = rng.integers(count, size=(RESAMPLES, -(-count // length)))
    rows = max(1, _CHUNK // count)
    steps = np.arange(length)
    for i in range(0, RESAMPLES, rows):
        yield ((starts[i : i + rows, :, None] + steps) % count).reshape(-1, starts.shape[1] * length)[:, :count]
