"""Gradients of the gates: unbiased against enumeration, and planted choices are found without collapse."""

import numpy as np
import pytest
import torch

from tests.training.space.conftest import all_choices, tiny_space
from training.learning.gate_gradient import sampled, through_operators
from training.space.cost import part_macs
from training.space.gates import BudgetGates
from training.space.layout import Layout, layout_of
from training.space.sampling import log_probability
from training.space.space import Head, Space, Stage
from training.space.table import CostTable

SPACE = tiny_space(stages=(Stage((4, 8), (1, 2)),), grid_stride=4, head=Head((4, 8), (0,)))
PLANTED = Space((4,), (Stage((4, 8), (1, 2, 3)), Stage((8, 16), (1, 2))), ("conv1x1", "conv3x3"), 8, Head((8,), (1,)))


def gates_of(space: Space, share: float) -> BudgetGates:
    table = CostTable(space, 32, 17, part_macs)
    smallest, largest = table.limits()
    return BudgetGates(space, table, smallest + share * (largest - smallest))


def toy_loss(layout: Layout, gates: object) -> torch.Tensor:
    """Any numbers that depend on all choices."""
    value = sum((3 * len(p.operators) + ("conv3x3" in p.operators)) / (1 + p.out_channels)
                for row in layout.stage_layers() for p in row)  # fmt: skip
    return torch.tensor(float(value) + 0.1 * layout.head.width)


def test_sampled_gradient_is_unbiased() -> None:
    gates = gates_of(SPACE, 0.4)
    p, exact, seen = gates.probabilities(1.0), torch.zeros((), dtype=torch.float64), set()
    for choice in all_choices(SPACE):
        layout = layout_of(SPACE, choice)
        if layout not in seen:
            seen.add(layout)
            names = {v.name for v in SPACE.variables} - {"neck"}  # of one stage, its own grid: it has no say
            exact = exact + log_probability(SPACE, p, choice, names).exp() * toy_loss(layout, None)
    (expected,) = torch.autograd.grad(exact, gates.logits)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(600):
        gates.logits.grad = None
        sampled(gates, 1.0, 4, toy_loss, rng)
        assert gates.logits.grad is not None
        found.append(gates.logits.grad.clone())
    mean, error = torch.stack(found).mean(dim=0), torch.stack(found).std(dim=0) / 600**0.5
    assert float(((mean - expected).abs() / (error + 1e-9)).max()) < 4.5
    assert float(torch.cosine_similarity(mean, expected, dim=0)) > 0.95


@pytest.mark.parametrize("estimator", ["sampled", "straight_through"])
@pytest.mark.parametrize("share", [0.15, 0.3, 0.6])
def test_planted_operator_opens_and_no_gate_collapses(share: float, estimator: str) -> None:
    """The loss falls where stage 2 has conv3x3 in its first layer; all else is noise."""
    gates, rng = gates_of(PLANTED, share), np.random.default_rng(0)
    noise = np.random.default_rng(1)
    optimiser = torch.optim.Adam(gates.parameters(), lr=0.05, betas=(0.5, 0.99))

    def loss(layout: Layout, opened: object) -> torch.Tensor:
        grain = torch.tensor(0.05 * noise.standard_normal())
        if opened is None:
            return 1.0 - float("conv3x3" in layout.stages[1].layers[0]) + grain
        return 1.0 - opened["stage2.0"][1] + grain  # type: ignore[index]

    for _ in range(150):
        optimiser.zero_grad()
        if estimator == "sampled":
            sampled(gates, 0.7, 6, loss, rng)
        else:
            through_operators(gates, 0.7, 0.7, 2, loss, rng)
        optimiser.step()
    p = gates.probabilities(0.7).detach()
    names = [f"{v.name} {option}" for v in PLANTED.variables for option in v.options]
    planted = names.index("stage2.0 conv3x3")
    operators = [k for k, name in enumerate(names) if " conv" in name]
    assert p[planted] > 0.85
    assert p[planted] == p[operators].max()
    others = p[[k for k in operators if k != planted]]
    assert float(others.max()) > 0.05
    assert gates.expected_cost(0.7) == pytest.approx(gates.budget)
