"""Matching and errors of single frames, by hand."""

import math

import numpy as np
import pytest

from tests.fpgnas_ros.bag_evaluation.scored import CAMERA, at, evaluated, score


def test_errors_of_a_shift_are_the_shift() -> None:
    (instance,) = score(0, [at(x=0.02)]).instances
    assert instance.add == pytest.approx(0.02)
    assert instance.translation == pytest.approx(0.02)
    assert instance.mssd == pytest.approx(0.02)
    assert instance.rotation_deg == pytest.approx(0, abs=1e-6)
    # three points at 1 m move by 100 px/m * 0.02 m, the one at 1.1 m by less
    assert instance.projection_px == pytest.approx((3 * 2 + 2 / 1.1) / 4)
    assert instance.mspd_px == pytest.approx(2 * 640 / CAMERA.width)


def test_turn_of_a_symmetric_object_is_no_error() -> None:
    symmetric = {1: evaluated(symmetric=True)}
    (instance,) = score(0, [at(turn_deg=90)], objects=symmetric).instances
    assert instance.rotation_deg == pytest.approx(0, abs=1e-5)
    assert instance.add_or_adi == instance.adi < instance.add


def test_view_angle_is_between_axis_and_line_of_sight() -> None:
    looking_down = np.diag([1.0, -1.0, -1.0, 1.0])
    looking_down[2, 3] = 1.0
    assert score(0, [], [looking_down]).instances[0].view_angle_deg == pytest.approx(0)
    assert score(0, [], [at()]).instances[0].view_angle_deg == pytest.approx(180)


def test_missed_instance_has_infinite_errors() -> None:
    (instance,) = score(0, []).instances
    assert instance.estimate is None
    assert not instance.is_detected
    assert (instance.add, instance.rotation_deg) == (math.inf, math.inf)


def test_without_a_camera_pixels_are_unknown() -> None:
    (instance,) = score(0, [at(x=0.02)], camera=None).instances
    assert math.isnan(instance.projection_px)
    assert math.isnan(instance.mspd_px)


def test_two_instances_take_the_estimates_that_fit_best_together() -> None:
    result = score(0, [at(x=0.31), at(x=0.01)], [at(x=0), at(x=0.3)])
    assert [instance.add for instance in result.instances] == pytest.approx([0.01, 0.01])
    assert result.spurious == ()


def test_less_confident_estimates_than_instances_are_spurious() -> None:
    result = score(0, [at(x=0.01), at(x=0.5)])
    assert result.instances[0].add == pytest.approx(0.01)
    assert [float(estimate.T_camera_object[0, 3]) for estimate in result.spurious] == [0.5]


def test_an_estimate_a_diameter_away_detects_nothing() -> None:
    result = score(0, [at(x=0.11)])
    assert result.instances[0].add == pytest.approx(0.11)
    assert not result.instances[0].is_detected
    assert len(result.spurious) == 1
    assert score(0, [at(x=0.09)]).instances[0].is_detected


def test_unknown_truth_counts_nowhere() -> None:
    result = score(0, [at()], truth=None)
    assert (result.has_truth, result.instances, result.spurious) == (False, (), ())


def test_estimates_of_a_frame_that_shows_nothing_are_spurious() -> None:
    assert len(score(0, [at()], truth=[]).spurious) == 1
