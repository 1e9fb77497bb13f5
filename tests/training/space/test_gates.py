"""Gates: exact budget, gradient through the multiplier, hard samples."""

import numpy as np
import pytest
import torch

from training.errors import BudgetError
from training.space.cost import NetworkCost
from training.space.gates import BudgetGates, architecture_macs, check_budget

COST = NetworkCost(base=1000, operators=[100, 2000, 350, 4000, 900, 50])


def gates_with(logits: list[float], budget: int = 4000) -> BudgetGates:
    gates = BudgetGates(COST, budget)
    gates.logits.data.copy_(torch.tensor(logits, dtype=torch.float64))
    return gates


@pytest.mark.parametrize("tau", [1.0, 0.3])
@pytest.mark.parametrize("budget", [1500, 4000, 7000])
def test_expected_cost_equals_the_budget(budget: int, tau: float) -> None:
    gates = gates_with([0.4, -1.0, 2.0, 0.3, -0.2, 0.0], budget)
    assert COST.base + gates.expected_macs(tau) == pytest.approx(budget, rel=1e-9)


def test_gradient_through_the_multiplier_equals_finite_differences() -> None:
    logits, gain, tau = [0.4, -1.0, 2.0, 0.3, -0.2, 0.0], torch.arange(6, dtype=torch.float64), 0.7
    gates = gates_with(logits)
    (gates.probabilities(tau) * gain).sum().backward()
    numeric = []
    for k in range(len(logits)):
        worth = []
        for delta in (1e-5, -1e-5):
            moved = list(logits)
            moved[k] += delta
            worth.append(float((gates_with(moved).probabilities(tau) * gain).sum()))
        numeric.append((worth[0] - worth[1]) / 2e-5)
    assert gates.logits.grad is not None
    np.testing.assert_allclose(gates.logits.grad.numpy(), numeric, rtol=1e-5, atol=1e-8)


def test_expected_cost_has_no_gradient() -> None:
    gates = gates_with([0.4, -1.0, 2.0, 0.3, -0.2, 0.0])
    (gates.probabilities(0.5) * gates.costs).sum().backward()
    assert gates.logits.grad is not None
    np.testing.assert_allclose(gates.logits.grad.numpy(), 0, atol=1e-9)


def test_samples_have_the_probabilities_and_the_budget() -> None:
    gates, generator = gates_with([0.4, -1.0, 2.0, 0.3, -0.2, 0.0]), torch.Generator().manual_seed(0)
    draws = np.array([gates.sample_hard(0.5, generator) for _ in range(4000)])
    assert set(np.unique(draws)) == {0.0, 1.0}
    np.testing.assert_allclose(draws.mean(axis=0), gates.probabilities(0.5).detach().numpy(), atol=0.03)
    assert np.mean([architecture_macs(COST, draw) for draw in draws]) == pytest.approx(4000, rel=0.03)


def test_straight_through_sample_is_hard_and_has_a_gradient() -> None:
    gates, generator = gates_with([0.4, -1.0, 2.0, 0.3, -0.2, 0.0]), torch.Generator().manual_seed(1)
    sample = gates.sample_straight_through(0.5, 0.7, generator)
    assert set(sample.detach().tolist()) <= {0.0, 1.0}
    (sample * torch.arange(6)).sum().backward()
    assert gates.logits.grad is not None
    assert gates.logits.grad.abs().max() > 0


def test_straight_through_samples_have_the_probabilities() -> None:
    gates, generator = gates_with([0.4, -1.0, 2.0, 0.3, -0.2, 0.0]), torch.Generator().manual_seed(2)
    draws = [gates.sample_straight_through(0.5, 0.7, generator).detach().numpy() for _ in range(4000)]
    np.testing.assert_allclose(np.mean(draws, axis=0), gates.probabilities(0.5).detach().numpy(), atol=0.03)


def test_a_useful_gate_opens_and_the_others_pay_for_it() -> None:
    gates = BudgetGates(COST, 4000)
    optimiser = torch.optim.Adam(gates.parameters(), lr=0.1)
    before = gates.probabilities(1.0).detach()
    for _ in range(100):
        optimiser.zero_grad()
        (-gates.probabilities(1.0)[1]).backward()
        optimiser.step()
    after = gates.probabilities(1.0).detach()
    assert after[1] > 0.9 > before[1]
    assert COST.base + gates.expected_macs(1.0) == pytest.approx(4000, rel=1e-9)


def test_budget_below_the_smallest_network_names_it() -> None:
    with pytest.raises(BudgetError, match="1,000 is infeasible, the smallest network of this space has 1,050 macs"):
        check_budget(COST, 1000)


def test_budget_above_the_largest_network_names_it() -> None:
    with pytest.raises(BudgetError, match=r"largest network of this space \(8,400 macs\), got 9,000"):
        check_budget(COST, 9000)
