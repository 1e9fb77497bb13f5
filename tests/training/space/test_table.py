"""Expected cost: equal to the count over every network of a space, and to the mean over the distribution."""

import numpy as np
import pytest
import torch

from tests.training.space.conftest import all_choices, tiny_space
from training.space.cost import count_macs, part_macs
from training.space.gates import BudgetGates
from training.space.layout import largest_choice, layout_of
from training.space.network import PoseNetwork
from training.space.sampling import draw
from training.space.space import Head, Space, Stage
from training.space.table import CostTable

OUTPUTS = 3 * 4 + 7
SMALL = tiny_space(
    stages=(Stage((4, 8), (1, 2)), Stage((8, 12), (1,), (1, 2), ("conv1x1",))), grid_stride=4, head=Head((4, 8), (0,))
)


def table_of(space: Space) -> CostTable:
    return CostTable(space, 32, OUTPUTS, part_macs)


def cost_of(table: CostTable, choice: object) -> float:
    return float(table.expected(torch.as_tensor(np.asarray(choice, np.float64))))


def test_every_network_costs_what_is_counted_over_its_modules() -> None:
    space = SMALL
    table, seen = table_of(space), {}
    for choice in all_choices(space):
        layout = layout_of(space, choice)
        if layout not in seen:
            seen[layout] = count_macs(PoseNetwork(space, layout, 1, 4), 32)
            assert cost_of(table, choice) == table.cost_of(layout) == seen[layout]
    assert len(seen) == space.n_architectures
    assert table.limits() == (min(seen.values()), max(seen.values()))
    assert cost_of(table, largest_choice(space)) == max(seen.values())


def test_expected_cost_equals_the_sum_over_all_networks() -> None:
    space = SMALL
    table = table_of(space)
    gates = BudgetGates(space, table, 100_000)
    gates.logits.data.copy_(torch.linspace(-1, 1, space.n_logits, dtype=torch.float64))
    p = gates.probabilities(1.0).detach()
    choices = list(all_choices(space))
    weights = [float(torch.exp(_log_of_all(space, p, choice))) for choice in choices]
    assert sum(weights) == pytest.approx(1)
    mean = sum(w * cost_of(table, choice) for w, choice in zip(weights, choices, strict=True))
    assert float(table.expected(p)) == pytest.approx(mean, rel=1e-12)


def _log_of_all(space: Space, p: torch.Tensor, choice: tuple[int, ...]) -> torch.Tensor:
    """Written out plainly, every variable counted."""
    total, first = torch.zeros(()), 0
    for variable in space.variables:
        count = len(variable.options)
        part, z = p[first : first + count], torch.tensor(choice[first : first + count])
        likelihood = torch.where(z == 1, part, 1 - part if variable.kind != "one" else torch.ones(())).prod()
        if variable.kind == "some":
            likelihood = likelihood / (1 - (1 - part).prod())
        total, first = total + likelihood.log(), first + count
    return total


def test_width_tied_to_itself_costs_the_mean_of_its_square() -> None:
    """Two widths as likely: a layer from a width to the same is E[n^2], not E[n]^2."""
    space = Space((4,), (Stage((4, 12), (2,)),), ("conv1x1",), 4, Head((4,), (0,)))
    table = table_of(space)
    even = torch.cat([torch.full((len(v.options),), 1 / len(v.options)).double() for v in space.variables])
    even = torch.where(even == 1, even, torch.full_like(even, 0.5))
    open_, closed = even.clone(), even.clone()
    place = [name for v in space.variables for name in [v.name] * len(v.options)].index("stage1.1")
    open_[place], closed[place] = 1.0, 0.0
    added = float(table.expected(open_) - table.expected(closed))
    cells = 8 * 8
    assert added == cells * ((4**2 + 12**2) / 2 + (4 + 12) / 2)  # convolutions, and the sums


def test_mean_cost_of_drawn_networks_is_the_budget() -> None:
    space = tiny_space()
    table = table_of(space)
    gates = BudgetGates(space, table, 60_000)
    drawn = draw(space, gates.probabilities(1.0), 3000, np.random.default_rng(0))
    costs = [cost_of(table, choice) for choice in drawn]
    assert np.mean(costs) == pytest.approx(60_000, abs=4 * np.std(costs) / 3000**0.5)
