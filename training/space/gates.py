"""Gates whose expected cost equals the budget at every step.

Each operator k has a gate logit s_k that only the task trains, and is open with probability
p_k = sigmoid((s_k - mu f_k) / tau), f_k = F_k / mean(F), where the multiplier mu is solved so that
sum_k p_k F_k equals the budget. Gates are independent, so this expectation is exact. The gradient goes through mu:
dmu/ds_j = F_j q_j / sum_k F_k f_k q_k with q = p (1 - p) (implicit function theorem). Open gates are hard 0/1 samples
forward and binary-concrete backward (Maddison et al. 2017; straight through: Bengio et al. 2013).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from training.errors import BudgetError
from training.space.cost import NetworkCost

BISECTION_STEPS = 80


class BudgetGates(nn.Module):
    """The gate logits of a supernet, tied to a budget in multiply-accumulates."""

    def __init__(self, cost: NetworkCost, budget_macs: int) -> None:
        """Raises BudgetError where the budget is below the smallest or above the largest network."""
        super().__init__()
        check_budget(cost, budget_macs)
        self.logits = nn.Parameter(torch.zeros(len(cost.operators), dtype=torch.float64))
        self.costs: Tensor
        self.register_buffer("costs", torch.tensor(cost.operators, dtype=torch.float64))
        self.gated_budget = float(budget_macs - cost.base)

    def probabilities(self, tau: float) -> Tensor:
        """(n_gates,) probability of each gate to be open; their expected cost is the budget, exactly."""
        relative = self.costs / self.costs.mean()
        mu = self._solve_multiplier(tau, relative)
        p = torch.sigmoid((self.logits.detach() - mu * relative) / tau)
        q = p * (1 - p)
        pull = self.costs * q / (self.costs * relative * q).sum().clamp_min(1e-300)
        mu_through = mu + (pull * (self.logits - self.logits.detach())).sum()
        return torch.sigmoid((self.logits - mu_through * relative) / tau)

    def expected_macs(self, tau: float) -> float:
        """Expected cost of the gated operators, multiply-accumulates."""
        return float((self.probabilities(tau).detach() * self.costs).sum())

    def _solve_multiplier(self, tau: float, relative: Tensor) -> float:
        """Bisection; the expected cost falls strictly in mu."""
        logits = self.logits.detach()

        def expected(mu: float) -> float:
            return float((torch.sigmoid((logits - mu * relative) / tau) * self.costs).sum())

        low, high = -1.0, 1.0
        while expected(high) > self.gated_budget:
            high *= 2
        while expected(low) < self.gated_budget:
            low *= 2
        for _ in range(BISECTION_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if expected(middle) > self.gated_budget else (low, middle)
        return (low + high) / 2

    def sample_hard(self, tau: float, generator: torch.Generator) -> list[float]:
        """One 0/1 sample of all gates, for a weight step: closed operators need not be computed."""
        p = self.probabilities(tau).detach()
        return (torch.rand(p.shape, generator=generator, dtype=p.dtype) < p).double().tolist()

    def sample_straight_through(self, tau: float, concrete_tau: float, generator: torch.Generator) -> Tensor:
        """One sample of all gates, (n_gates,) float32: 0/1 forward, binary-concrete gradient to the logits backward.

        concrete_tau: temperature of the concrete noise, apart from tau.
        """
        p = self.probabilities(tau).clamp(1e-6, 1 - 1e-6)
        u = torch.rand(p.shape, generator=generator, dtype=p.dtype).clamp(1e-6, 1 - 1e-6)
        soft = torch.sigmoid((torch.logit(p) + torch.logit(u)) / concrete_tau)
        hard = (soft > 0.5).to(soft.dtype)
        return (hard + soft - soft.detach()).float()


def check_budget(cost: NetworkCost, budget_macs: int) -> None:
    """Raises BudgetError, naming the smallest or the largest network, for a budget outside of them."""
    if budget_macs < cost.base + min(cost.operators):
        smallest = cost.base + min(cost.operators)
        raise BudgetError(
            f"budget_macs: {budget_macs:,} is infeasible, the smallest network of this space has {smallest:,} macs;"
            " raise the budget or narrow the space"
        )
    if budget_macs >= cost.total:
        raise BudgetError(
            f"budget_macs: expected less than the largest network of this space ({cost.total:,} macs), got"
            f" {budget_macs:,}; lower the budget or widen the space"
        )


def architecture_macs(cost: NetworkCost, gates: Sequence[float]) -> int:
    """Cost of the network whose open operators have gate 1."""
    return cost.base + sum(macs for macs, gate in zip(cost.operators, gates, strict=True) if gate)
