"""Gates: exact budget, gradient through the multiplier, planted options found, no collapse."""

import numpy as np
import pytest
import torch

from tests.training.space.conftest import tiny_space
from training.errors import BudgetError
from training.space.cost import part_macs
from training.space.gates import BudgetGates
from training.space.table import CostTable

SPACE = tiny_space()
TABLE = CostTable(SPACE, 32, 17, part_macs)
SMALLEST, LARGEST = TABLE.limits()


def gates_at(share: float, spread: float = 1.0) -> BudgetGates:
    """share: of the way from the smallest network to the largest."""
    gates = BudgetGates(SPACE, TABLE, SMALLEST + share * (LARGEST - SMALLEST))
    logits = np.random.default_rng(0).normal(0, spread, SPACE.n_logits)
    gates.logits.data.copy_(torch.from_numpy(logits))
    return gates


@pytest.mark.parametrize("tau", [1.0, 0.25])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_expected_cost_equals_the_budget(share: float, tau: float) -> None:
    gates = gates_at(share)
    assert gates.expected_cost(tau) == pytest.approx(gates.budget, rel=1e-9)


def test_gradient_through_the_multiplier_equals_finite_differences() -> None:
    gates, gain = gates_at(0.3), torch.linspace(-1, 1, SPACE.n_logits, dtype=torch.float64)
    (gates.probabilities(0.7) * gain).sum().backward()
    start, numeric = gates.logits.detach().clone(), []
    for k in range(len(start)):
        worth = []
        for delta in (1e-5, -1e-5):
            gates.logits.data.copy_(start)
            gates.logits.data[k] += delta
            worth.append(float((gates.probabilities(0.7) * gain).sum()))
        numeric.append((worth[0] - worth[1]) / 2e-5)
    assert gates.logits.grad is not None
    np.testing.assert_allclose(gates.logits.grad.numpy(), numeric, rtol=1e-4, atol=1e-7)


def test_expected_cost_has_no_gradient() -> None:
    gates = gates_at(0.3)
    (TABLE.expected(gates.probabilities(0.5)) / gates.budget).backward()
    assert gates.logits.grad is not None
    np.testing.assert_allclose(gates.logits.grad.numpy(), 0, atol=1e-9)


def test_probabilities_of_one_choice_sum_to_one() -> None:
    p = gates_at(0.3).probabilities(0.5).detach()
    for variable, part in zip(SPACE.variables, p.split(TABLE.sizes), strict=True):
        if variable.kind == "one":
            assert float(part.sum()) == pytest.approx(1, abs=1e-7)


def test_penalty_form_leaves_the_cost_to_its_gradient() -> None:
    gates = BudgetGates(SPACE, TABLE, SMALLEST * 1.5, exact=False)
    optimiser = torch.optim.Adam(gates.parameters(), lr=0.05)
    assert gates.expected_cost(1.0) > gates.budget
    for _ in range(200):
        optimiser.zero_grad()
        (TABLE.expected(gates.probabilities(1.0)) / gates.budget - 1).abs().backward()
        optimiser.step()
    assert gates.expected_cost(1.0) == pytest.approx(gates.budget, rel=0.1)


def test_budget_below_the_smallest_network_names_it() -> None:
    with pytest.raises(BudgetError, match=f"1,000 is infeasible, the smallest network .* costs {SMALLEST:,.0f}"):
        BudgetGates(SPACE, TABLE, 1000)


def test_budget_above_the_largest_network_names_it() -> None:
    with pytest.raises(BudgetError, match=rf"largest network of this space \({LARGEST:,.0f}\)"):
        BudgetGates(SPACE, TABLE, LARGEST + 1)
