"""Confidence intervals of figures over frames that follow one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray, IntArray

RESAMPLES = 1000
LEVEL = 0.95
SEED = 0
_CHUNK = 2_000_000  # values at a time, so that memory does not grow with the recording


@dataclass(frozen=True, eq=False)
class Resamples:
    """Values and the blocks of them that make up RESAMPLES resamples of as many values."""

    values: FloatArray
    """(N + length,): the first ones once more at the end, for blocks that go round."""
    count: int
    """N."""
    starts: IntArray
    """(RESAMPLES, blocks), the first value of each block."""
    length: int
    """Values of each block; the last one of a resample is as short as it must be."""


Statistic = Callable[[Resamples], FloatArray]


def mean_of_each(resamples: Resamples) -> FloatArray:
    """(RESAMPLES,) means of finite values, by the sums of whole blocks."""
    sums = np.concatenate([[0.0], np.cumsum(resamples.values)])
    starts, ends = resamples.starts, resamples.starts + resamples.length
    ends[:, -1] += resamples.count - ends.shape[1] * resamples.length
    return np.asarray((sums[ends] - sums[starts]).sum(axis=1) / resamples.count)


def median_of_each(resamples: Resamples) -> FloatArray:
    """(RESAMPLES,) medians."""
    count, steps = resamples.count, np.arange(resamples.length)
    middle, rows = [(count - 1) // 2, count // 2], max(1, _CHUNK // count)
    found = []
    for i in range(0, RESAMPLES, rows):
        starts = resamples.starts[i : i + rows]
        indices = (starts[:, :, None] + steps).reshape(len(starts), -1)[:, :count]
        drawn = resamples.values[indices]
        drawn.partition(middle, axis=1)
        found.append(drawn[:, middle].mean(axis=1))
    return np.concatenate(found)


def interval(values: ArrayLike, statistic: Statistic) -> tuple[float, float] | None:
    """The interval that holds the statistic with probability LEVEL; None of less than two values.

    values: (N,), in the order of time. Circular block bootstrap (Politis and Romano 1992) with blocks of
    round(sqrt(N)) values, for neighbouring frames are alike: resampling single frames would promise too much.
    Percentiles of RESAMPLES resamples, always the same ones.
    """
    data = np.asarray(values, np.float64)
    count = len(data)
    if count < 2:
        return None
    length = max(1, round(count**0.5))
    starts = np.random.default_rng(SEED).integers(count, size=(RESAMPLES, -(-count // length)))
    found = statistic(Resamples(np.concatenate([data, data[:length]]), count, starts, length))
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
