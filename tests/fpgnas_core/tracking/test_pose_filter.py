from dataclasses import replace

import numpy as np
import pytest

from fpgnas_core.arrays import FloatArray
from fpgnas_core.se3 import exp_rotation, make_transform
from fpgnas_core.tracking.motion import MotionModel, pose_error
from fpgnas_core.tracking.pose_filter import FilterSettings, PoseFilter

POSE = make_transform(exp_rotation([0.4, -0.3, 0.8]), [0.1, -0.05, 0.6])
TWIST = np.array([0.3, -0.1, 0.2, 0.5, -0.8, 1.0])
NOISE = np.diag([1e-3, 1e-3, 8e-3, 0.03, 0.03, 0.02]) ** 2
SETTINGS = FilterSettings()
PERIOD_S = 1 / 30


def truth(stamp_s: float) -> FloatArray:
    """Constant velocity, worked out on its own: the rotation about a fixed axis, in one step."""
    return make_transform(exp_rotation(stamp_s * TWIST[3:]) @ POSE[:3, :3], POSE[:3, 3] + stamp_s * TWIST[:3])


def disturbed(pose: FloatArray, error: FloatArray) -> FloatArray:
    return make_transform(exp_rotation(error[3:]) @ pose[:3, :3], pose[:3, 3] + error[:3])


def test_a_constant_velocity_is_followed_without_lag() -> None:
    pose_filter = PoseFilter()
    for number in range(90):
        state = pose_filter.update(number * PERIOD_S, truth(number * PERIOD_S), NOISE, SETTINGS)
    assert np.abs(pose_error(state.T_camera_object, truth(state.stamp_s))).max() < 1e-4
    np.testing.assert_allclose(state.twist, TWIST, atol=1e-3)
    ahead = pose_filter.at(state.stamp_s + 0.2, SETTINGS)
    assert ahead is not None
    assert np.abs(pose_error(ahead.T_camera_object, truth(ahead.stamp_s))).max() < 3e-4


def simulated_errors(seed: int, steps: int) -> tuple[FloatArray, FloatArray]:
    """Run the filter on an object that moves as its model says; errors (steps, 12) and NEES (steps,) after each."""
    rng, model = np.random.default_rng(seed), SETTINGS.motion
    density = np.repeat([model.acceleration, model.turn_acceleration], 3) ** 2
    pose, twist = POSE, rng.normal(size=6) * np.repeat([model.initial_speed, model.initial_turn_rate], 3)
    pose_filter, errors, nees = PoseFilter(), [], []
    for number in range(steps):
        measured = disturbed(pose, rng.multivariate_normal(np.zeros(6), NOISE))
        state = pose_filter.update(number * PERIOD_S, measured, NOISE, replace(SETTINGS, outlier_gate=1.0))
        error = np.r_[pose_error(pose, state.T_camera_object), twist - state.twist]
        errors.append(error)
        nees.append(error @ np.linalg.solve(state.covariance, error))
        # half of the change of velocity acts over the step: position and velocity as correlated as the model says
        noise = rng.normal(size=(2, 6)) * np.sqrt(density * PERIOD_S)
        shift = PERIOD_S * (noise[0] / 2 + noise[1] / np.sqrt(12))
        pose = disturbed(pose, PERIOD_S * twist + shift)
        twist = twist + noise[0]
    return np.array(errors), np.array(nees)


def test_errors_are_as_large_as_the_covariance_says() -> None:
    runs = [simulated_errors(seed, 60) for seed in range(20)]
    # Mean of 20 independent chi-square values of 12 degrees: standard deviation sqrt(24 / 20) = 1.1.
    for step in (0, 10, 30, 59):
        assert np.mean([nees[step] for _, nees in runs]) == pytest.approx(12.0, abs=4.0)
    assert np.mean([nees for _, nees in runs]) == pytest.approx(12.0, abs=1.0)


def test_filtered_poses_are_steadier_than_the_measured_ones() -> None:
    errors = np.concatenate([simulated_errors(seed, 60)[0][20:, :6] for seed in range(5)])
    ratios = errors.std(axis=0) / np.sqrt(np.diag(NOISE))
    assert ratios.max() < 1
    assert ratios.mean() < 0.8


def test_an_outlier_is_passed_over() -> None:
    pose_filter = PoseFilter()
    for number in range(30):
        pose_filter.update(number * PERIOD_S, truth(number * PERIOD_S), NOISE, SETTINGS)
    stamp_s = 30 * PERIOD_S
    wrong = disturbed(truth(stamp_s), np.array([0.05, 0.0, 0.2, 1.0, 0.0, 0.0]))
    state = pose_filter.update(stamp_s, wrong, NOISE, SETTINGS)
    assert np.abs(pose_error(state.T_camera_object, truth(stamp_s))).max() < 1e-3
    last = pose_filter.update(31 * PERIOD_S, truth(31 * PERIOD_S), NOISE, SETTINGS)
    assert np.abs(pose_error(last.T_camera_object, truth(last.stamp_s))).max() < 1e-3


def test_without_a_gate_the_outlier_counts() -> None:
    pose_filter, settings = PoseFilter(), replace(SETTINGS, outlier_gate=1.0)
    for number in range(30):
        pose_filter.update(number * PERIOD_S, POSE, NOISE, settings)
    wrong = disturbed(POSE, np.array([0.5, 0.0, 0.0, 0.0, 0.0, 0.0]))
    state = pose_filter.update(1.0, wrong, NOISE, settings)
    assert state.T_camera_object[0, 3] > POSE[0, 3] + 0.1


def test_what_stays_elsewhere_is_believed_after_a_few_outliers() -> None:
    pose_filter, settings = PoseFilter(), replace(SETTINGS, max_outliers=3, motion=MotionModel(0.1, 0.1))
    for number in range(30):
        pose_filter.update(number * PERIOD_S, POSE, NOISE, settings)
    elsewhere = disturbed(POSE, np.array([0.3, 0.0, 0.0, 2.0, 0.0, 0.0]))
    found = [pose_filter.update((30 + n) * PERIOD_S, elsewhere, NOISE, settings) for n in range(3)]
    shifts = [state.T_camera_object[0, 3] - POSE[0, 3] for state in found]
    assert max(np.abs(shifts[:2])) < 0.01
    assert shifts[2] == pytest.approx(0.3)
    np.testing.assert_array_equal(found[2].twist, np.zeros(6))


@pytest.mark.parametrize("stamp_s", [5.0, 10.9], ids=["jumped back", "after a long gap"])
def test_the_past_is_forgotten(stamp_s: float) -> None:
    pose_filter = PoseFilter()
    for number in range(30):
        pose_filter.update(9.0 + number * PERIOD_S, truth(number * PERIOD_S), NOISE, SETTINGS)
    assert pose_filter.at(stamp_s, SETTINGS) is None
    state = pose_filter.update(stamp_s, POSE, NOISE, SETTINGS)
    np.testing.assert_array_equal(state.T_camera_object, POSE)
    np.testing.assert_array_equal(state.covariance[:6, :6], NOISE)


def test_a_gap_is_bridged_and_its_uncertainty_told() -> None:
    pose_filter = PoseFilter()
    for number in range(60):
        last = pose_filter.update(number * PERIOD_S, truth(number * PERIOD_S), NOISE, SETTINGS)
    predicted = pose_filter.at(last.stamp_s + 0.4, SETTINGS)
    assert predicted is not None
    assert np.abs(pose_error(predicted.T_camera_object, truth(predicted.stamp_s))).max() < 1e-3
    assert (np.diag(predicted.covariance)[:6] > 4 * np.diag(last.covariance)[:6]).all()
