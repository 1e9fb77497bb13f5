import numpy as np
import pytest

from fpgnas_core.se3 import exp_rotation, make_transform, rotation_angle, transform_points
from fpgnas_core.symmetry import (
    ContinuousSymmetry,
    covariance_about_axes,
    nearest_equivalent,
    symmetry_transforms,
)

HALF_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])
FLIP = np.diag([1.0, -1.0, -1.0, 1.0])
AXIS = ContinuousSymmetry((0.0, 0.0, 2.0), (0.01, 0.0, 0.0))
POSE = make_transform(exp_rotation([0.4, -0.3, 0.8]), [0.1, -0.05, 0.6])


def test_no_symmetry_is_the_identity() -> None:
    np.testing.assert_array_equal(symmetry_transforms([], []), np.eye(4)[None])


def test_discrete_ones_come_after_the_identity() -> None:
    np.testing.assert_array_equal(symmetry_transforms([HALF_TURN], []), [np.eye(4), HALF_TURN])


def test_turns_combine_with_discrete_ones() -> None:
    found = symmetry_transforms([FLIP], [AXIS], steps=4)
    assert found.shape == (8, 4, 4)
    # A quarter turn about the line x = 0.01 maps the origin to (0.01, -0.01, 0).
    np.testing.assert_allclose(found[2][:3, 3], [0.01, -0.01, 0.0], atol=1e-15)
    np.testing.assert_allclose(found[3], found[2] @ FLIP, atol=1e-15)


def test_turns_map_a_cylinder_to_itself() -> None:
    circle = np.array([[0.01 + 0.03 * np.cos(a), 0.03 * np.sin(a), 0.02] for a in np.arange(8) * np.pi / 4])
    for transform in symmetry_transforms([], [AXIS], steps=8):
        moved = transform_points(transform, circle)
        distances = np.linalg.norm(moved[:, None] - circle, axis=2).min(axis=1)
        assert distances.max() < 1e-12


def test_nearest_discrete_equivalent() -> None:
    turned = POSE @ HALF_TURN
    nearby = POSE @ make_transform(exp_rotation([0.0, 0.1, 0.0]), [0.0, 0.0, 0.0])
    np.testing.assert_allclose(nearest_equivalent(turned, nearby, [HALF_TURN], []), POSE, atol=1e-12)


def test_nearest_turn_about_a_continuous_axis_is_exact() -> None:
    turned = POSE @ AXIS.turn(1.2345)
    np.testing.assert_allclose(nearest_equivalent(turned, POSE, [], [AXIS]), POSE, atol=1e-12)


def test_nearest_equivalent_beats_a_dense_set() -> None:
    rng = np.random.default_rng(0)
    for vector in rng.normal(size=(10, 3)):
        reference = make_transform(exp_rotation(vector), [0, 0, 1])
        nearest = nearest_equivalent(POSE, reference, [FLIP], [AXIS])
        found = rotation_angle(reference[:3, :3].T @ nearest[:3, :3])
        dense = POSE @ symmetry_transforms([FLIP], [AXIS], steps=720)
        angles = [rotation_angle(reference[:3, :3].T @ pose[:3, :3]) for pose in dense]
        assert found <= min(angles) + 1e-9
        assert found == pytest.approx(min(angles), abs=1e-4)


def test_unknown_angle_has_the_variance_of_a_uniform_one() -> None:
    small = 1e-6 * np.eye(6)
    found = covariance_about_axes(small, POSE, [AXIS])
    axis = POSE[:3, 2]
    assert axis @ found[3:, 3:] @ axis == pytest.approx(np.pi**2 / 3)
    across = POSE[:3, 0]
    assert across @ found[3:, 3:] @ across == pytest.approx(1e-6)


def test_unknown_angle_moves_an_origin_off_the_axis() -> None:
    found = covariance_about_axes(np.zeros((6, 6)), POSE, [AXIS])
    values, vectors = np.linalg.eigh(found)
    assert np.sum(values > 1e-12) == 1
    twist = vectors[:, -1] / np.linalg.norm(vectors[3:, -1])
    # The pose a small turn away, computed on its own, moves along this twist.
    turned = POSE @ AXIS.turn(1e-6)
    moved = (turned[:3, 3] - POSE[:3, 3]) / 1e-6
    sign = np.sign(twist[3:] @ POSE[:3, 2])
    np.testing.assert_allclose(sign * twist[:3], moved, atol=1e-6)


def test_without_axes_nothing_changes() -> None:
    covariance = np.diag(np.arange(1.0, 7.0))
    np.testing.assert_array_equal(covariance_about_axes(covariance, POSE, []), covariance)
