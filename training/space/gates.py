"""Gates whose expected cost equals the budget at every step.

Each option k of each variable has a logit s_k that only the task trains. An operator or a level is open with
probability p_k = sigmoid((s_k - mu f_k) / tau); of a width, a depth or the strides one is chosen with p = softmax of
the same. f_k, the price, is the expected cost that an option adds when all options are as likely. The multiplier mu is
solved so that the expected cost equals the budget, and the gradient goes through it: E(s, mu(s)) stays put, so dmu/ds
= -(dE/ds) / (dE/dmu) (implicit function theorem).

Without prices the common pull of a penalty `weight * E / budget` drowns the task's gradient: it is kept as an option to
compare with (`exact=False`), where mu is 0 and the caller adds the penalty.
"""

from __future__ import annotations

import torch
from scipy.optimize import brentq
from torch import Tensor, nn

from training.errors import BudgetError
from training.space.space import Space
from training.space.table import CostTable

GREATEST_MULTIPLIER = 1e6
LEAST_PRICE = 0.01
WIDEST = 2.0
"""Difference of the prices of a variable's cheapest and dearest option, where an operator's is 1 on average."""
DEAREST_LEVEL = 1.0
"""Greatest price of a level of the neck. A stage is there only where its level is fused or a later one is, so that the
level adds the cost of all of them; but their widths, depths and operators pay for that already. Paying twice, the last
stage had a probability of 0.01 at a tight budget, and was never trained."""
SUREST, LEAST_PROBABILITY = 1e-9, 1e-300


class BudgetGates(nn.Module):
    """The logits of a space, (n_logits,) in the order of `Space.variables`, tied to a budget."""

    def __init__(self, space: Space, table: CostTable, budget: float, exact: bool = True) -> None:
        """budget: in the table's unit. Raises BudgetError below the smallest and above the largest network."""
        super().__init__()
        check_budget(table, budget)
        self.space, self.table, self.budget, self.exact = space, table, float(budget), exact
        self.logits = nn.Parameter(torch.zeros(space.n_logits, dtype=torch.float64))
        self._rows, self._columns, self._choices = _categorical_places(space)
        self._longest = int(self._rows[:, 1].max()) + 1
        self.prices = torch.zeros_like(self.logits.detach())
        self.prices = self._prices()

    def probabilities(self, tau: float) -> Tensor:
        """(n_logits,) of each option, with a gradient to the logits where PyTorch records any; their expected cost is
        the budget, exactly.

        Of a layer that has at least one operator they are before that condition, which `CostTable.expected` knows.
        """
        if not self.exact:
            return self._at(self.logits, torch.zeros((), dtype=torch.float64), tau)
        mu = torch.tensor(self._solve(tau), dtype=torch.float64)
        if not torch.is_grad_enabled():
            return self._at(self.logits, mu, tau)
        mu.requires_grad_()
        logits = self.logits.detach().requires_grad_()
        expected = self.table.expected(self._at(logits, mu, tau))
        by_logits, by_mu = torch.autograd.grad(expected, (logits, mu))
        through = -by_logits / by_mu.clamp_max(-1e-12)
        return self._at(self.logits, mu.detach() + through @ (self.logits - self.logits.detach()), tau)

    def expected_cost(self, tau: float) -> float:
        """Expected cost at this temperature, in the table's unit."""
        with torch.no_grad():
            return float(self.table.expected(self.probabilities(tau)))

    def _at(self, logits: Tensor, mu: Tensor, tau: float) -> Tensor:
        pressed = (logits - mu * self.prices) / tau
        padded = torch.full((self._choices, self._longest), -torch.inf, dtype=torch.float64)
        padded = padded.index_put((self._rows[:, 0], self._rows[:, 1]), pressed[self._columns])
        chosen = torch.softmax(padded, dim=1)[self._rows[:, 0], self._rows[:, 1]]
        opened = torch.sigmoid(pressed).clamp(SUREST, 1 - SUREST)
        return opened.index_put((self._columns,), chosen.clamp_min(LEAST_PROBABILITY))

    def _prices(self) -> Tensor:
        """(n_logits,): what each option adds to the expected cost where all are as likely, scaled."""
        zeros = torch.zeros_like(self.logits)
        even = self._at(zeros, torch.zeros((), dtype=torch.float64), 1.0).detach().requires_grad_()
        with torch.enable_grad():
            (added,) = torch.autograd.grad(self.table.expected(even), even)
        single = [v.kind == "one" for v in self.space.variables for _ in v.options]
        scale = added[~torch.tensor(single)].mean() if not all(single) else added.abs().mean()
        prices = []
        for variable, part in zip(self.space.variables, added.split(self.table.sizes), strict=True):
            if variable.kind == "one":
                part = part - part.min()
                prices.append(WIDEST * part / part.max().clamp_min(1e-12))
            else:
                most = DEAREST_LEVEL if variable.name == "neck" else torch.inf
                prices.append((part / scale).clamp(LEAST_PRICE, most))
        return torch.cat(prices)

    def _solve(self, tau: float) -> float:
        """The multiplier; the bracket grows until it encloses the budget. Raises BudgetError where none does."""
        logits = self.logits.detach()

        def excess(mu: float) -> float:
            p = self._at(logits, torch.tensor(mu, dtype=torch.float64), tau)
            return float(self.table.expected(p)) / self.budget - 1

        with torch.no_grad():
            low, high = -1.0, 1.0
            while (above := excess(high)) > 0 and high < GREATEST_MULTIPLIER:
                high *= 2
            while (below := excess(low)) < 0 and low > -GREATEST_MULTIPLIER:
                low *= 2
            if above > 0 or below < 0:
                raise BudgetError(
                    f"budget: {self.budget:,.0f} is too near the end of this space ({_range(self.table)}); move it"
                )
            return float(brentq(excess, low, high, xtol=1e-13, rtol=1e-14))


def check_budget(table: CostTable, budget: float) -> None:
    """Raises BudgetError, naming the smallest and the largest network, for a budget outside of them."""
    smallest, largest = table.limits()
    if budget < smallest:
        raise BudgetError(
            f"budget: {budget:,} is infeasible, the smallest network of this space costs {smallest:,.0f}; raise the"
            " budget or narrow the space"
        )
    if budget >= largest:
        raise BudgetError(
            f"budget: expected less than the largest network of this space ({largest:,.0f}), got {budget:,}; lower the"
            " budget or widen the space"
        )


def _range(table: CostTable) -> str:
    smallest, largest = table.limits()
    return f"{smallest:,.0f} to {largest:,.0f}"


def _categorical_places(space: Space) -> tuple[Tensor, Tensor, int]:
    """For each option of a variable of which one is chosen: its place in a padded table, and among the logits."""
    rows, columns, row, first = [], [], 0, 0
    for variable in space.variables:
        if variable.kind == "one":
            rows += [(row, place) for place in range(len(variable.options))]
            columns += [first + place for place in range(len(variable.options))]
            row += 1
        first += len(variable.options)
    return torch.tensor(rows), torch.tensor(columns), row
