"""A short search of weights and gates on a task that one operator is needed for: its gate opens at every budget."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from training.learning.derive import likeliest
from training.learning.gate_gradient import sampled, through_operators
from training.learning.optimiser import WeightOptimiser
from training.space.cost import part_macs
from training.space.gates import BudgetGates
from training.space.layout import Layout, layout_of
from training.space.sampling import draw
from training.space.space import Head, Space, Stage
from training.space.supernet import Gates, Supernet
from training.space.table import CostTable

SPACE = Space(
    stem_widths=(6, 8),
    stages=(Stage((8, 12, 16), (1,)),),
    operators=("conv1x1", "conv3x3", "conv5x5"),
    grid_stride=4,
    head=Head((12, 16), (0, 1), ("conv1x1",)),
)
SHIFT, TAU, STEPS = 4, 0.5, 160


def batch(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Dots, and how much of each cell is a dot that lies SHIFT pixels to the right: only conv5x5 sees as far."""
    dots = torch.from_numpy(rng.random((16, 1, 8, 8)) < 0.3).float()
    images = functional.interpolate(dots, scale_factor=4.0)
    truth = functional.avg_pool2d(images.roll(-SHIFT, dims=3), 4)
    return images.expand(-1, 3, -1, -1) - 0.3, truth


@pytest.mark.parametrize("estimator", ["sampled", "straight_through"])
@pytest.mark.parametrize("share", [0.35, 0.5, 0.8])
def test_the_operator_that_the_task_needs_opens_and_others_do_not_collapse(share: float, estimator: str) -> None:
    torch.manual_seed(0)
    rng, table = np.random.default_rng(0), CostTable(SPACE, 32, 17, part_macs)
    smallest, largest = table.limits()
    gates, supernet = BudgetGates(SPACE, table, smallest + share * (largest - smallest)), Supernet(SPACE, 1, 4)
    weights = WeightOptimiser(supernet, supernet.output, 0.0)
    weights.set_rate(0.01)
    steps = torch.optim.Adam(gates.parameters(), lr=0.05, betas=(0.5, 0.99))
    for step in range(STEPS):
        images, truth = batch(rng)

        def loss(layout: Layout, opened: Gates | None, images: Tensor = images, truth: Tensor = truth) -> Tensor:
            grid = supernet(images, layout, opened)
            return functional.binary_cross_entropy_with_logits(grid.class_logits, truth)

        weights.zero_grad()
        choice = draw(SPACE, gates.probabilities(TAU), 1, rng)[0]
        loss(layout_of(SPACE, choice), None).backward()
        weights.step()
        if step > STEPS // 4:
            steps.zero_grad()
            if estimator == "sampled":
                sampled(gates, TAU, 8, loss, rng)
            else:
                through_operators(gates, TAU, 0.7, 2, loss, rng)
            steps.step()
    p = gates.probabilities(TAU).detach()
    names = [f"{variable.name} {option}" for variable in SPACE.variables for option in variable.options]
    opened = {name: float(value) for name, value in zip(names, p, strict=True) if name.startswith("stage1.0 ")}
    assert opened["stage1.0 conv5x5"] > 0.9
    assert opened["stage1.0 conv5x5"] == max(opened.values())
    assert gates.expected_cost(TAU) == pytest.approx(gates.budget)
    assert "conv5x5" in layout_of(SPACE, likeliest(gates, p)).stages[0].layers[0]
