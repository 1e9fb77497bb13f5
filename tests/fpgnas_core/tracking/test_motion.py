import numpy as np
import pytest

from fpgnas_core.arrays import FloatArray
from fpgnas_core.se3 import exp_rotation, make_transform
from fpgnas_core.tracking.motion import (
    MotionModel,
    MotionState,
    compare,
    correct,
    first_state,
    left_jacobian,
    pose_error,
    predict,
)

POSE = make_transform(exp_rotation([0.4, -0.3, 0.8]), [0.1, -0.05, 0.6])
AT_REST = MotionModel(acceleration=0.0, turn_acceleration=0.0, initial_speed=0.0, initial_turn_rate=0.0)
STEADY = MotionModel(acceleration=0.0, turn_acceleration=0.0, initial_speed=1e3, initial_turn_rate=1e3)
NOISE = np.diag([1e-6, 2e-6, 9e-6, 1e-4, 2e-4, 3e-4])


def moved(pose: FloatArray, step: FloatArray) -> FloatArray:
    return make_transform(exp_rotation(step[3:]) @ pose[:3, :3], pose[:3, 3] + step[:3])


def measured(state: MotionState) -> MotionState:
    return correct(state, compare(state, POSE, NOISE))


def after(count: int, model: MotionModel, period_s: float = 0.1) -> MotionState:
    state = first_state(0.0, POSE, NOISE, model)
    for number in range(1, count):
        state = measured(predict(state, number * period_s, model))
    return state


def test_pose_error_undoes_a_step() -> None:
    step = np.array([0.01, -0.02, 0.03, 0.5, -0.7, 1.1])
    np.testing.assert_allclose(pose_error(moved(POSE, step), POSE), step, atol=1e-12)


@pytest.mark.parametrize("length", [0.0, 1e-4, 1.2])
def test_left_jacobian_is_the_derivative_of_the_exponential(length: float) -> None:
    vector = length * np.array([0.6, -0.0, 0.8])
    base, eps = exp_rotation(vector), 1e-6
    columns = [
        pose_error(make_transform(exp_rotation(vector + eps * e), np.zeros(3)), make_transform(base, np.zeros(3)))[3:]
        / eps
        for e in np.eye(3)
    ]
    np.testing.assert_allclose(left_jacobian(vector), np.transpose(columns), atol=2e-6)


def test_variance_of_an_object_known_to_be_at_rest_falls_with_the_number_of_measurements() -> None:
    for count in (1, 2, 10, 50):
        np.testing.assert_allclose(after(count, AT_REST).covariance[:6, :6], NOISE / count, rtol=1e-9, atol=1e-18)


def test_variance_of_a_steady_motion_is_that_of_the_end_of_a_fitted_line() -> None:
    # A line through n evenly spaced values of variance 1 has 2 (2n - 1) / (n (n + 1)) at its end,
    # and its slope 12 / (n (n^2 - 1)).
    count, period_s = 10, 0.1
    covariance = after(count, STEADY, period_s).covariance
    np.testing.assert_allclose(np.diag(covariance)[:6], np.diag(NOISE) * 38 / 110, rtol=1e-4)
    slope = 12 / (count * (count**2 - 1)) / period_s**2
    np.testing.assert_allclose(np.diag(covariance)[6:9], np.diag(NOISE)[:3] * slope, rtol=1e-4)


def test_noise_of_acceleration_grows_with_the_cube_of_the_time() -> None:
    model = MotionModel(acceleration=0.3, turn_acceleration=0.6, initial_speed=0.0, initial_turn_rate=0.0)
    covariance = predict(first_state(0.0, POSE, np.zeros((6, 6)), model), 2.0, model).covariance
    np.testing.assert_allclose(np.diag(covariance)[[0, 3, 6, 9]], [0.09 * 8 / 3, 0.36 * 8 / 3, 0.18, 0.72])
    np.testing.assert_allclose([covariance[0, 6], covariance[3, 9]], [0.09 * 2, 0.36 * 2])


def test_prediction_moves_and_turns_on() -> None:
    twist = np.array([0.1, 0.2, -0.3, 0.0, 0.0, np.pi / 2])
    state = predict(MotionState(1.0, make_transform(np.eye(3), [1.0, 2.0, 3.0]), twist, np.eye(12)), 2.0, AT_REST)
    np.testing.assert_allclose(state.T_camera_object[:3, 3], [1.1, 2.2, 2.7])
    np.testing.assert_allclose(state.T_camera_object[:3, :3], [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-15)
    assert state.stamp_s == 2.0


def test_predicted_covariance_agrees_with_the_spread_of_moved_samples() -> None:
    rng = np.random.default_rng(0)
    spread = 0.02 * rng.normal(size=(12, 12))
    joint = spread @ spread.T
    twist = np.array([0.1, 0.0, -0.2, 1.5, -0.5, 0.8])
    state = predict(MotionState(0.0, POSE, twist, joint), 0.5, AT_REST)
    errors = []
    for step in rng.multivariate_normal(np.zeros(12), joint, size=1500):
        sample = MotionState(0.0, moved(POSE, step[:6]), twist + step[6:], joint)
        ended = predict(sample, 0.5, AT_REST)
        errors.append(np.r_[pose_error(ended.T_camera_object, state.T_camera_object), ended.twist - twist])
    scale = np.sqrt(np.diag(state.covariance))
    difference = (np.cov(np.array(errors).T) - state.covariance) / np.outer(scale, scale)
    assert np.abs(difference).max() < 0.12  # 1,500 samples leave 0.08


def test_squared_distance_counts_standard_deviations_of_both() -> None:
    state = first_state(0.0, POSE, NOISE, AT_REST)
    there = moved(POSE, 3 * np.sqrt(2 * np.diag(NOISE)) * [1, 0, 0, 0, 0, 1])
    assert compare(state, there, NOISE).squared_distance == pytest.approx(18.0)
