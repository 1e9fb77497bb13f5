"""Deriving: never above the budget, and the likeliest operators by enumeration."""

import itertools

import numpy as np
import pytest
import torch

from tests.training.learning.conftest import SPACE
from training.learning.derive import _completed, _fits, choice_cost, operator_costs, sample_layouts
from training.space.cost import count_macs, part_macs
from training.space.gates import BudgetGates
from training.space.layout import layout_of
from training.space.network import PoseNetwork
from training.space.sampling import draw, log_probability
from training.space.table import CostTable

TABLE = CostTable(SPACE, 64, 20, part_macs)
SMALLEST, LARGEST = TABLE.limits()


def gates_at(share: float) -> BudgetGates:
    gates = BudgetGates(SPACE, TABLE, SMALLEST + share * (LARGEST - SMALLEST))
    gates.logits.data.copy_(torch.from_numpy(np.random.default_rng(0).normal(0, 1, SPACE.n_logits)))
    return gates


@pytest.mark.parametrize("share", [0.05, 0.15, 0.4, 0.8])
def test_networks_lie_within_the_budget_window(share: float) -> None:
    gates = gates_at(share)
    found = sample_layouts(gates, 0.5, 8, np.random.default_rng(0))
    assert len(found) == len(set(found)) == 8
    for layout in found:
        macs = count_macs(PoseNetwork(SPACE, layout, 1, 5), 64)
        assert 0.95 * gates.budget <= macs <= gates.budget


def test_completed_choice_is_the_likeliest_of_its_widths() -> None:
    gates = gates_at(0.3)
    p = gates.probabilities(0.5).detach()
    choice = next(c for c in draw(SPACE, p, 50, np.random.default_rng(1)) if _completed(gates, p, c))
    gated = np.flatnonzero(operator_costs(gates, choice))
    best, best_value = None, -np.inf
    for bits in itertools.product((0, 1), repeat=len(gated)):
        other = choice.copy()
        other[gated] = bits
        valid = all(layer for layer in _needing_one(other))
        if valid and _fits(gates, other):
            value = float(log_probability(SPACE, p, other))
            if value > best_value:
                best, best_value = layout_of(SPACE, other), value
    assert _completed(gates, p, choice) == [best]


def _needing_one(choice: np.ndarray) -> list[tuple[str, ...]]:
    layout = layout_of(SPACE, choice)
    later = [layer for block in layout.stages for layer in block.layers[1:]]
    return [*later, *layout.head.layers]


def test_operator_costs_are_what_opening_one_adds() -> None:
    gates = gates_at(0.3)
    choice = draw(SPACE, gates.probabilities(1.0), 1, np.random.default_rng(2))[0]
    costs = operator_costs(gates, choice)
    for place in np.flatnonzero(costs * (choice == 0)):
        opened = choice.copy()
        opened[place] = 1
        assert choice_cost(gates, opened) - choice_cost(gates, choice) == costs[place]


def test_same_seed_gives_the_same_networks() -> None:
    first, second = (sample_layouts(gates_at(0.3), 0.5, 6, np.random.default_rng(3)) for _ in range(2))
    assert first == second
