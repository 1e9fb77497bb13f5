from dataclasses import replace

import numpy as np
import pytest

from fpgnas_core.arrays import FloatArray
from fpgnas_core.tracking.association import Place, assign, costs_of
from tests.fpgnas_core.models import box_object
from tests.fpgnas_core.tracking.estimates import SIGMAS, at, estimate

MODEL = box_object()  # 14 cm across
HALF_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])


def place(pose: FloatArray) -> Place:
    return Place(pose, np.diag(SIGMAS[:3] ** 2))


def cost(expected: FloatArray, seen: FloatArray) -> float:
    return float(costs_of([[place(expected)]], [estimate(seen)], MODEL)[0, 0])


def test_the_smallest_total_wins_over_the_nearest_neighbour() -> None:
    assert assign(np.array([[1.0, 2.0], [1.5, 9.0]])) == [(0, 1), (1, 0)]


def test_as_many_pairs_as_possible_and_none_that_is_impossible() -> None:
    assert assign(np.array([[1.0, 5.0], [2.0, np.inf]])) == [(0, 1), (1, 0)]
    assert assign(np.array([[np.inf, np.inf], [3.0, np.inf]])) == [(1, 0)]
    assert assign(np.zeros((0, 3))) == []


def test_cost_is_the_squared_distance_in_standard_deviations() -> None:
    across = 2 * 1e-6 + (0.1 * MODEL.diameter) ** 2
    assert cost(at(0.0), at(0.0)) == pytest.approx(0.0)
    # Along x the line of sight turns a little, which lets in a trace of the depth's variance.
    assert cost(at(0.0), at(0.01)) == pytest.approx(0.01**2 / across, rel=0.01)
    along = 2 * 64e-6 + (0.1 * MODEL.diameter) ** 2 + (0.1 * 0.6) ** 2
    assert cost(at(0.0), at(0.0, z=0.6)) == pytest.approx(0.1**2 / along)


def test_rotation_adds_to_the_cost_up_to_a_limit() -> None:
    assert cost(at(0.0), at(0.0, turn=(0.35, 0.0, 0.0))) == pytest.approx(1.0)
    assert cost(at(0.0), at(0.0, turn=(3.0, 0.0, 0.0))) == 9.0


def test_symmetry_costs_nothing() -> None:
    symmetric = replace(MODEL, symmetries_discrete=HALF_TURN[None])
    costs = costs_of([[place(at(0.0))]], [estimate(at(0.0) @ HALF_TURN)], symmetric)
    assert costs[0, 0] == pytest.approx(0.0)


@pytest.mark.parametrize("seen", [at(0.15), at(0.0, y=-0.15), at(0.0, z=1.5), at(0.0, z=0.2)])
def test_what_is_elsewhere_is_another_instance(seen: FloatArray) -> None:
    assert cost(at(0.0), seen) == np.inf


def test_a_second_place_counts_where_the_first_does_not_fit_and_never_as_much() -> None:
    places = [place(at(0.3)), place(at(0.0))]
    costs = costs_of([places, places[:1]], [estimate(at(0.3, turn=(3.0, 0.0, 0.0))), estimate(at(0.0))], MODEL)
    np.testing.assert_allclose(costs, [[9.0, 30.1], [9.0, np.inf]])
