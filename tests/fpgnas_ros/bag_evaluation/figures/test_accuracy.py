"""Shares and errors by hand."""

import numpy as np
import pytest

from fpgnas_core.metrics import adi, area_under_curve, speed_errors, speed_score
from fpgnas_ros.bag_evaluation.figures.accuracy import accuracy
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, POINTS, at, run_of, score


def figures(offsets: list[float | None]) -> dict:
    return accuracy([instance for s in run_of(offsets).scores for instance in s.instances], OBJECTS)


def test_shares_count_missed_instances_as_wrong() -> None:
    found = figures([0.001, 0.004, 0.009, 0.011, None])  # of a diameter of 0.1 m
    assert (found["instances"], found["found"]) == (5, 4)
    assert found["add_0_02d"] == pytest.approx(1 / 5)
    assert found["add_0_05d"] == pytest.approx(2 / 5)
    assert found["add_0_1d"] == pytest.approx(3 / 5)
    assert found["within_5cm_5deg"] == pytest.approx(4 / 5)
    assert found["add_auc"] == pytest.approx((0.99 + 0.96 + 0.91 + 0.89) / 5)


def test_add_s_auc_takes_the_nearest_point_for_every_object() -> None:
    shift = at(x=0.06)
    expected = area_under_curve([adi(shift, at(), POINTS)], 0.1)
    assert figures([0.06])["add_s_auc"] == pytest.approx(expected)
    assert figures([0.06])["add_s_auc"] > figures([0.06])["add_auc"] == pytest.approx(0.4)


def test_errors_are_of_those_found() -> None:
    errors = figures([0.001, 0.003, 0.008, None])["errors_of_found"]["add_mm"]
    assert errors == pytest.approx({"mean": 4.0, "median": 3.0, "p95": 7.5, "max": 8.0})


def test_depth_and_sideways_errors_are_apart() -> None:
    found = accuracy(score(0, [at(x=0.003, y=0.004, z=0.98)]).instances, OBJECTS)
    assert found["errors_of_found"]["depth_mm"]["median"] == pytest.approx(20)
    assert found["errors_of_found"]["lateral_mm"]["median"] == pytest.approx(5)
    assert found["depth_bias_mm"] == pytest.approx(-20)


def test_recalls_average_over_bops_thresholds() -> None:
    found = figures([0.012])  # 0.12 diameters: below 0.15 to 0.5, 8 of 10 thresholds
    assert found["ar_mssd"] == pytest.approx(0.8)
    assert found["ar_mspd"] == pytest.approx(0.8)  # 1.2 px of 64 are 12 of 640


def test_projection_below_five_pixels() -> None:
    assert figures([0.04, 0.06, None])["projection_5px"] == pytest.approx(1 / 3)


def test_speed_score_is_that_of_the_challenge() -> None:
    found = accuracy(score(0, [at(x=0.01, turn_deg=3)]).instances, OBJECTS)
    assert found["speed_score_of_found"] == pytest.approx(0.01 + np.radians(3))
    assert found["speed_score_of_found"] == pytest.approx(speed_score([speed_errors(at(x=0.01, turn_deg=3), at())]))


def test_without_camera_pixel_figures_have_no_value() -> None:
    found = accuracy(score(0, [at(x=0.01)], camera=None).instances, OBJECTS)
    assert found["projection_5px"] is None
    assert found["ar_mspd"] is None
    assert "projection_px" not in found["errors_of_found"]


def test_nothing_found_has_no_errors() -> None:
    found = figures([None, None])
    assert found["add_0_1d"] == 0
    assert found["errors_of_found"]["add_mm"] is None
    assert found["depth_bias_mm"] is None


def test_interval_holds_the_share() -> None:
    found = figures([0.001 if i % 3 else 0.05 for i in range(60)])
    low, high = found["intervals"]["add_0_1d"]
    assert low < found["add_0_1d"] < high
