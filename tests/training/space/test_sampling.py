"""Choices drawn from probabilities: frequencies, log-probabilities and the straight-through gradient."""

import numpy as np
import pytest
import torch

from tests.training.space.conftest import all_choices, tiny_space
from training.space.cost import part_macs
from training.space.gates import BudgetGates
from training.space.layout import layout_of
from training.space.sampling import _noise_given, draw, log_probability, straight_through
from training.space.space import Head, Stage
from training.space.table import CostTable, at_least_one

SPACE = tiny_space(
    stages=(Stage((4, 8), (1, 2)), Stage((8, 12), (1,), (1, 2), ("conv1x1",))), grid_stride=4, head=Head((4, 8), (0,))
)


def probabilities() -> torch.Tensor:
    gates = BudgetGates(SPACE, CostTable(SPACE, 32, 17, part_macs), 100_000)
    gates.logits.data.copy_(torch.linspace(-1, 1, SPACE.n_logits, dtype=torch.float64))
    return gates.probabilities(1.0).detach()


def test_draws_have_the_probabilities() -> None:
    p, drawn = probabilities(), draw(SPACE, probabilities(), 20_000, np.random.default_rng(0))
    sizes = [len(v.options) for v in SPACE.variables]
    parts = zip(SPACE.variables, p.split(sizes), torch.from_numpy(drawn).double().split(sizes, dim=1), strict=True)
    for variable, expected, got in parts:
        if variable.kind == "some":
            assert bool((got.sum(dim=1) > 0).all())
            expected = expected / at_least_one(expected)
        np.testing.assert_allclose(got.mean(dim=0), expected, atol=0.015)


def test_log_probabilities_are_normalised() -> None:
    """Summed over every choice, each counted as often as its unused options allow, they make one for each plan."""
    p, total = probabilities(), 0.0
    names = {v.name for v in SPACE.variables} - {"neck"}
    seen: set[object] = set()
    for choice in all_choices(SPACE):
        layout = layout_of(SPACE, choice)
        key = (layout.stages, layout.head, layout.stem_width)
        if len(layout.stages) == 2 and key not in seen:
            seen.add(key)
            total += float(log_probability(SPACE, p, choice, names).exp())
    assert total == pytest.approx(1)


def test_straight_through_gates_are_the_choice_and_carry_a_gradient() -> None:
    p, rng = probabilities().requires_grad_(), np.random.default_rng(1)
    choice = draw(SPACE, p, 1, rng)[0]
    gates = straight_through(SPACE, p, choice, 0.7, rng)
    values = dict(zip([v.name for v in SPACE.variables], np.split(choice, _cuts()), strict=True))
    for name, factors in gates.items():
        assert [float(f.detach()) for f in factors] == list(values[name])
    torch.stack([f for factors in gates.values() for f in factors]).sum().backward()
    assert p.grad is not None
    assert float(p.grad.abs().max()) > 0


def _cuts() -> np.ndarray:
    return np.cumsum([len(v.options) for v in SPACE.variables])[:-1]


def test_concrete_noise_given_the_value_has_the_logistic_distribution() -> None:
    """Over choices drawn with the probabilities, the noise is what unconditioned concrete noise is: mean of soft."""
    p, rng = torch.full((1,), 0.3, dtype=torch.float64), np.random.default_rng(2)
    hard = torch.from_numpy((rng.random(20_000) < 0.3).astype(float))
    noise = _noise_given(hard, p.expand(20_000), rng)
    assert bool(((torch.logit(p) + noise > 0) == (hard > 0)).all())
    quantiles = np.quantile(noise.numpy(), [0.1, 0.5, 0.9])
    np.testing.assert_allclose(quantiles, np.log([1 / 9, 1, 9]), atol=0.06)
