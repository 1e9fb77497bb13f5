"""Deriving: never above the budget, and the likeliest operators by enumeration."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.learning.conftest import SPACE
from tests.training.space.conftest import all_choices, tiny_space
from training.cli import parse_settings
from training.learning.derive import (
    _completed,
    _fits,
    choice_cost,
    climb,
    draw_layouts,
    likeliest,
    likeness,
    operator_costs,
    sample_layouts,
    unlearned_layouts,
)
from training.learning.search import cost_table
from training.learning.search_settings import SearchSettings
from training.space.cost import count_macs, part_macs
from training.space.gates import BudgetGates
from training.space.layout import layout_of
from training.space.network import PoseNetwork
from training.space.sampling import draw, log_probability
from training.space.space import Head, Space, Stage
from training.space.table import CostTable

SHIPPED = Path(__file__).parents[3] / "config/search.yaml"
TABLE = CostTable(SPACE, 64, 22, part_macs)
SMALL = tiny_space(stages=(Stage((4, 8), (1, 2)), Stage((8,), (1,), (1, 2))), head=Head((4, 8), (0, 1)))


def gates_at(share: float, space: Space = SPACE) -> BudgetGates:
    table = TABLE if space is SPACE else CostTable(space, 64, 22, part_macs)
    smallest, largest = table.limits()
    gates = BudgetGates(space, table, smallest + share * (largest - smallest))
    gates.logits.data.copy_(torch.from_numpy(np.random.default_rng(0).normal(0, 1, space.n_logits)))
    return gates


@pytest.mark.parametrize("share", [0.05, 0.15, 0.4, 0.8])
def test_networks_lie_within_the_budget_window(share: float) -> None:
    gates = gates_at(share)
    found = sample_layouts(gates, 0.5, 8, np.random.default_rng(0))
    assert len(found) == len(set(found)) == 8
    for layout in found:
        macs = count_macs(PoseNetwork(SPACE, layout, 1, 5), 64)
        assert 0.95 * gates.budget <= macs <= gates.budget


@pytest.mark.parametrize("budget", [20_000_000, 40_000_000, 80_000_000, 160_000_000])
def test_networks_of_the_shipped_space_lie_within_the_window_even_of_gates_that_learned_nothing(budget: int) -> None:
    search = parse_settings(SearchSettings, ["--config", str(SHIPPED), "--describe", "true"])
    table = cost_table(search, 1)
    found = sample_layouts(BudgetGates(search.space, table, budget), 1.0, 3, np.random.default_rng(0))
    assert len(found) == 3
    assert all(0.95 * budget <= table.cost_of(layout) <= budget for layout in found)


def test_tight_budget_does_not_shut_the_last_stage_of_the_shipped_space_out() -> None:
    """Its widths, depths and operators are pressed for what it costs; its level, without which it is not there, is not.

    Priced with all of the stage behind it, the level had a probability of 0.01 here.
    """
    search = parse_settings(SearchSettings, ["--config", str(SHIPPED), "--describe", "true"])
    gates = BudgetGates(search.space, cost_table(search, 1), 25_000_000)
    parts = gates.probabilities(1.0).detach().split(gates.table.sizes)
    (neck,) = (p for variable, p in zip(search.space.variables, parts, strict=True) if variable.name == "neck")
    assert float(neck.min()) > 0.2


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
    assert [layout_of(SPACE, found) for found in _completed(gates, p, choice)] == [best]


@pytest.mark.parametrize("share", [0.05, 0.15, 0.4])
def test_climbing_finds_the_likeliest_network_of_all_in_the_window(share: float) -> None:
    gates = gates_at(share, SMALL)
    p = gates.probabilities(0.5).detach()
    fitting = [choice for choice in all_choices(SMALL) if _fits(gates, np.array(choice))]
    best = max(likeness(gates, p, choice) for choice in fitting)
    starts = [likeliest(gates, p), *draw(SMALL, p, 3, np.random.default_rng(0))]
    found = [likeness(gates, p, top) for start in starts for top in climb(gates, p, start)]
    assert max(found) == pytest.approx(best)
    assert best <= 0


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


def test_unlearned_networks_do_not_depend_on_what_gates_learned() -> None:
    learned, fresh = gates_at(0.4), BudgetGates(SPACE, TABLE, gates_at(0.4).budget)
    found = unlearned_layouts(learned, 8, np.random.default_rng(0))
    assert len(found) == 8
    assert found == draw_layouts(fresh, 1.0, 8, np.random.default_rng(0))
    assert found != draw_layouts(learned, 1.0, 8, np.random.default_rng(0))
