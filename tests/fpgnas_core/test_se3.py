import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fpgnas_core.errors import ShapeError
from fpgnas_core.se3 import (
    cross_matrices,
    exp_rotation,
    invert_transform,
    log_rotation,
    make_transform,
    matrix_from_quaternion_xyzw,
    moved,
    quaternion_xyzw_from_matrix,
    rotation_angle,
    transform_points,
)

VECTORS = [
    [0.0, 0.0, 0.0],
    [1e-9, 0.0, 0.0],
    [0.3, -0.2, 0.5],
    [0.0, np.pi, 0.0],
    [2.0, 2.0, 0.5],
    [-3.1, 0.1, 0.0],
    [0.1, 0.2, 3.0],
]


def test_transform_by_hand() -> None:
    quarter = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    mapped = transform_points(make_transform(quarter, [0.5, 0.0, 1.0]), [[1.0, 2.0, 3.0]])
    np.testing.assert_allclose(mapped, [[-1.5, 1.0, 4.0]])


def test_step_turns_about_the_origin_of_the_object_in_the_axes_of_the_camera() -> None:
    start = make_transform(np.diag([1.0, -1.0, -1.0]), [0.5, 0.0, 1.0])
    after = moved(start, np.array([0.1, 0.2, 0.3, 0.0, 0.0, np.pi / 2]))
    np.testing.assert_allclose(after, [[0, 1, 0, 0.6], [1, 0, 0, 0.2], [0, 0, -1, 1.3], [0, 0, 0, 1]], atol=1e-12)
    np.testing.assert_array_equal(start[:3, 3], [0.5, 0.0, 1.0])


def test_inverse_undoes() -> None:
    transform = make_transform(exp_rotation([0.3, -0.2, 0.5]), [1.0, 2.0, 3.0])
    np.testing.assert_allclose(invert_transform(transform) @ transform, np.eye(4), atol=1e-15)


@pytest.mark.parametrize("vector", VECTORS)
def test_exponential_agrees_with_scipy(vector: list[float]) -> None:
    np.testing.assert_allclose(exp_rotation(vector), Rotation.from_rotvec(vector).as_matrix(), atol=1e-14)


@pytest.mark.parametrize("angle", [0.0, 1e-8, 0.5, np.pi - 1e-8, np.pi])
def test_angle_is_exact_from_tiny_to_half_turn(angle: float) -> None:
    rotation = exp_rotation(angle * np.array([2.0, -1.0, 2.0]) / 3)
    assert rotation_angle(rotation) == pytest.approx(angle, abs=1e-12)


@pytest.mark.parametrize("vector", VECTORS)
def test_quaternions_agree_with_scipy(vector: list[float]) -> None:
    rotation = Rotation.from_rotvec(vector)
    quaternion = quaternion_xyzw_from_matrix(rotation.as_matrix())
    assert quaternion[3] >= 0
    assert abs(quaternion @ rotation.as_quat()) == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(matrix_from_quaternion_xyzw(quaternion), rotation.as_matrix(), atol=1e-12)


def test_quaternion_is_normalised() -> None:
    half_turn = matrix_from_quaternion_xyzw([0.0, 0.0, 5.0, 0.0])
    np.testing.assert_allclose(half_turn, np.diag([-1.0, -1.0, 1.0]), atol=1e-15)


def test_cross_matrices_multiply_as_cross_products() -> None:
    first, second = np.random.default_rng(0).normal(size=(2, 5, 3))
    product = (cross_matrices(first) @ second[:, :, None])[:, :, 0]
    np.testing.assert_allclose(product, np.cross(first, second))


def test_wrong_shape_is_named() -> None:
    with pytest.raises(ShapeError, match=r"rotation: expected shape \(3, 3\), got \(4, 4\)"):
        make_transform(np.eye(4), [0, 0, 0])


@pytest.mark.parametrize("vector", VECTORS)
def test_log_agrees_with_scipy_and_keeps_tiny_angles(vector: list[float]) -> None:
    rotation = Rotation.from_rotvec(vector)
    np.testing.assert_allclose(log_rotation(rotation.as_matrix()), rotation.as_rotvec(), atol=1e-14)


def test_exp_of_log_is_the_rotation() -> None:
    for matrix in Rotation.random(100, random_state=0).as_matrix():
        np.testing.assert_allclose(exp_rotation(log_rotation(matrix)), matrix, atol=1e-14)
