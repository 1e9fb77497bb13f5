import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.metrics import (
    add,
    add_or_adi,
    adi,
    projection_error_px,
    rotation_error_deg,
    translation_error,
)
from fpgnas_core.se3 import exp_rotation, make_transform

CAMERA = Camera(500.0, 500.0, 320.0, 240.0, 640, 480)
PAIR = np.array([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
TRUE = make_transform(np.eye(3), [0.0, 0.0, 1.0])
HALF_TURNED = TRUE @ np.diag([-1.0, -1.0, 1.0, 1.0])


def test_translation_alone_is_add() -> None:
    moved = make_transform(np.eye(3), [0.003, 0.004, 1.0])
    assert add(moved, TRUE, PAIR) == pytest.approx(0.005)
    assert translation_error(moved[:3, 3], TRUE[:3, 3]) == pytest.approx(0.005)


def test_half_turn_exchanges_points() -> None:
    assert add(HALF_TURNED, TRUE, PAIR) == pytest.approx(0.2)
    assert adi(HALF_TURNED, TRUE, PAIR) == pytest.approx(0.0, abs=1e-15)


def test_adi_takes_nearest_estimated_point_for_each_true_one() -> None:
    # Estimated points at 0.1 and -0.1 moved by 0.19: 0.29 and 0.09; the true 0.1 and -0.1 are 0.01 and
    # 0.19 away from the nearer one.
    moved = make_transform(np.eye(3), [0.19, 0.0, 1.0])
    assert adi(moved, TRUE, PAIR) == pytest.approx(0.1)


def test_adi_agrees_with_all_pairs() -> None:
    points = np.random.default_rng(0).normal(size=(50, 3))
    estimated = make_transform(exp_rotation([0.2, 0.5, -0.1]), [0.1, 0.2, 1.1])
    first = points @ estimated[:3, :3].T + estimated[:3, 3]
    second = points + TRUE[:3, 3]
    expected = np.linalg.norm(second[:, None] - first, axis=2).min(axis=1).mean()
    assert adi(estimated, TRUE, points) == pytest.approx(expected)


def test_symmetry_chooses_the_measure() -> None:
    assert add_or_adi(HALF_TURNED, TRUE, PAIR, symmetric=False) == pytest.approx(0.2)
    assert add_or_adi(HALF_TURNED, TRUE, PAIR, symmetric=True) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("degrees", [0.0, 0.01, 90.0, 180.0])
def test_rotation_error(degrees: float) -> None:
    base = exp_rotation([0.3, 0.2, -0.4])
    turned = exp_rotation([0.0, np.radians(degrees), 0.0]) @ base
    assert rotation_error_deg(turned, base) == pytest.approx(degrees, abs=1e-9)


def test_projection_error_by_hand() -> None:
    # 1 cm sideways at 1 m under 500 px focal length is 5 px for every point of this depth.
    moved = make_transform(np.eye(3), [0.01, 0.0, 1.0])
    assert projection_error_px(moved, TRUE, PAIR, CAMERA) == pytest.approx(5.0)


def test_estimate_behind_the_camera_has_infinite_projection_error() -> None:
    behind = make_transform(np.eye(3), [0.0, 0.0, -1.0])
    assert projection_error_px(behind, TRUE, PAIR, CAMERA) == float("inf")
