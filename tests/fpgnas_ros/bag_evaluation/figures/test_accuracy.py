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


def test_every_error_of_a_shift_by_hand() -> None:
    errors = figures([0.02])["errors_of_found"]
    assert {name: spread["mean"] for name, spread in errors.items()} == pytest.approx(
        {
            "add_mm": 20,
            "add_s_mm": 20,  # of the points, 100 mm apart, each is still nearest to itself
            "rotation_deg": 0,
            "translation_mm": 20,
            "depth_mm": 0,
            "lateral_mm": 20,
            "projection_px": (3 * 2 + 2 / 1.1) / 4,  # three points at 1 m move by 100 px/m * 0.02 m, one is at 1.1 m
            "mssd_mm": 20,
            "mspd_px": 20,  # 2 of 64 are 20 of 640
        },
        abs=1e-5,
    )


def test_add_s_of_a_long_shift_is_to_the_nearest_points_by_hand() -> None:
    # Shifted by 0.06 along x: the points lie 0.06 or, the one that meets (0.1, 0, 0), 0.04 from the nearest.
    expected = (0.04 + 0.06 + 0.06 + 0.06) / 4
    assert figures([0.06])["errors_of_found"]["add_s_mm"]["mean"] == pytest.approx(1000 * expected)


def test_five_degrees_and_five_centimetres_are_both_needed() -> None:
    poses = [at(x=0.049, turn_deg=4.9), at(x=0.001, turn_deg=5.1), at(x=0.051)]
    instances = [instance for i, pose in enumerate(poses) for instance in score(i, [pose]).instances]
    found = accuracy(instances, OBJECTS)
    assert found["within_5cm_5deg"] == pytest.approx(1 / 3)
    assert found["errors_of_found"]["rotation_deg"]["max"] == pytest.approx(5.1)


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


def test_speed_plus_score_forgives_what_its_ground_truth_cannot_tell() -> None:
    poses = [at(x=0.002, turn_deg=3), at(x=0.01, turn_deg=0.1)]  # below 0.002173, and below 0.169 degrees
    instances = [instance for i, pose in enumerate(poses) for instance in score(i, [pose]).instances]
    found = accuracy(instances, OBJECTS)
    assert found["speed_plus_score_of_found"] == pytest.approx((np.radians(3) + 0.01) / 2)


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
