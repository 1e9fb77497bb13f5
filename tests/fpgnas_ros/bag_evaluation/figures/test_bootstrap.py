"""Intervals against theory and against scipy's own bootstrap."""

import numpy as np
import pytest
from scipy import stats

from fpgnas_ros.bag_evaluation.figures.bootstrap import interval, mean_of_each, median_of_each


def test_interval_of_independent_values_is_that_of_theory() -> None:
    values = np.random.default_rng(3).standard_normal(2000)
    low, high = interval(values, mean_of_each)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert (high - low) / 2 == pytest.approx(half, rel=0.12)
    assert (high + low) / 2 == pytest.approx(values.mean(), abs=0.1 * half)


def test_median_agrees_with_scipy() -> None:
    values = np.random.default_rng(4).exponential(size=900)
    found = interval(values, median_of_each)
    expected = stats.bootstrap(
        (values,), np.median, n_resamples=1000, random_state=0, method="percentile"
    ).confidence_interval
    assert found == pytest.approx(tuple(expected), abs=0.03)


def test_alike_neighbours_widen_the_interval() -> None:
    independent = np.random.default_rng(5).standard_normal(100)
    alike = np.repeat(independent, 10)
    low, high = interval(alike, mean_of_each)
    once_low, once_high = interval(independent, mean_of_each)
    assert high - low > 0.7 * (once_high - once_low)  # ten times the frames, hardly any more to know


def test_same_values_give_the_same_interval_and_one_value_none() -> None:
    values = np.arange(50.0)
    assert interval(values, mean_of_each) == interval(values, mean_of_each)
    assert interval([1.0], mean_of_each) is None
