from collections.abc import Callable

import numpy as np
import pytest

from fpgnas_core.errors import ShapeError
from fpgnas_core.metrics import add, add_or_adi, adi
from fpgnas_core.se3 import exp_rotation, make_transform

PAIR = np.array([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
TRUE = make_transform(np.eye(3), [0.0, 0.0, 1.0])
HALF_TURNED = TRUE @ np.diag([-1.0, -1.0, 1.0, 1.0])


def test_translation_alone_is_add() -> None:
    assert add(make_transform(np.eye(3), [0.003, 0.004, 1.0]), TRUE, PAIR) == pytest.approx(0.005)


def test_half_turn_exchanges_points() -> None:
    assert add(HALF_TURNED, TRUE, PAIR) == pytest.approx(0.2)
    assert adi(HALF_TURNED, TRUE, PAIR) == pytest.approx(0.0, abs=1e-15)


def test_adi_takes_nearest_estimated_point_for_each_true_one() -> None:
    # Estimated points at 0.1 and -0.1 moved by 0.19: 0.29 and 0.09; the true 0.1 and -0.1 are 0.01 and
    # 0.19 away from the nearer one.
    moved = make_transform(np.eye(3), [0.19, 0.0, 1.0])
    assert adi(moved, TRUE, PAIR) == pytest.approx(0.1)


@pytest.mark.parametrize("n_points", [1, 50, 500])
def test_adi_agrees_with_all_pairs(n_points: int) -> None:
    points = np.random.default_rng(0).normal(size=(n_points, 3))
    estimated = make_transform(exp_rotation([0.2, 0.5, -0.1]), [0.1, 0.2, 1.1])
    first = points @ estimated[:3, :3].T + estimated[:3, 3]
    second = points + TRUE[:3, 3]
    expected = np.linalg.norm(second[:, None] - first, axis=2).min(axis=1).mean()
    assert adi(estimated, TRUE, points) == pytest.approx(expected, abs=1e-12)


def test_symmetry_chooses_the_measure() -> None:
    assert add_or_adi(HALF_TURNED, TRUE, PAIR, symmetric=False) == pytest.approx(0.2)
    assert add_or_adi(HALF_TURNED, TRUE, PAIR, symmetric=True) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("measure", [add, adi])
def test_no_points_are_an_error(measure: Callable[..., float]) -> None:
    with pytest.raises(ShapeError, match=r"points: expected at least one model point, got none"):
        measure(TRUE, TRUE, np.zeros((0, 3)))
