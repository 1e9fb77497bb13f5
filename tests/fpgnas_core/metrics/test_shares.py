import numpy as np
import pytest

from fpgnas_core.errors import MetricError
from fpgnas_core.metrics import area_under_curve, share_below

INFINITE = float("inf")


def test_share_counts_missed_objects_as_wrong_and_excludes_the_threshold() -> None:
    assert share_below([0.01, 0.1, 0.2, INFINITE], 0.1) == 0.25


def test_area_by_hand() -> None:
    # Steps of the accuracy up to 0.1: 1/4 from 0.02 on, 2/4 from 0.06 on: 0.04 * 0.25 + 0.04 * 0.5 = 0.03 of 0.1.
    assert area_under_curve([0.06, 0.02, 0.5, INFINITE], 0.1) == pytest.approx(0.3)


@pytest.mark.parametrize(("errors", "area"), [([0.0, 0.0], 1.0), ([INFINITE], 0.0), ([0.1], 0.0)])
def test_ends_of_the_scale(errors: list[float], area: float) -> None:
    assert area_under_curve(errors, 0.1) == area


def test_area_is_the_mean_share_over_thresholds() -> None:
    errors = np.random.default_rng(0).exponential(0.05, 200)
    thresholds = (np.arange(10_000) + 0.5) / 10_000 * 0.1
    mean_share = np.mean([share_below(errors, threshold) for threshold in thresholds])
    assert area_under_curve(errors, 0.1) == pytest.approx(mean_share, abs=1e-5)


@pytest.mark.parametrize("errors", [[], [0.1, float("nan")], [[0.1]]])
def test_no_errors_or_nan_are_refused(errors: list[float]) -> None:
    with pytest.raises(MetricError, match="errors: expected at least one number and no NaN"):
        share_below(errors, 0.1)


def test_limit_must_be_positive() -> None:
    with pytest.raises(MetricError, match="limit: expected a positive number, got 0"):
        area_under_curve([0.1], 0.0)
