"""Gradients of the gate logits, by two estimators of the expected loss over all networks.

Widths, depths and strides have no value between two options, so both judge them by the score function with the mean
loss of the step's other networks as baseline (leave one out: Kool et al. 2019), on one batch for all. Which of them is
the default and why: `SearchSettings.estimator`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from training.space.gates import BudgetGates
from training.space.layout import Choice, Layout, layout_of
from training.space.sampling import draw, log_probability, straight_through
from training.space.space import Space
from training.space.supernet import Gates

Loss = Callable[[Layout, Gates | None], Tensor]
"""The supernet's loss on the step's batch, for a layout and gates."""


def sampled(gates: BudgetGates, tau: float, count: int, loss: Loss, rng: np.random.Generator) -> float:
    """Score function for all: `count` forward passes of open operators, no backward. Unbiased. Returns mean loss."""
    p = gates.probabilities(tau)
    choices = draw(gates.space, p, count, rng)
    with torch.no_grad():
        losses = torch.stack([loss(layout_of(gates.space, choice), None) for choice in choices])
    scores = torch.stack([log_probability(gates.space, p, choice) for choice in choices])
    (_advantages(losses) * scores).sum().backward()
    return float(losses.mean())


def through_operators(
    gates: BudgetGates, tau: float, concrete_tau: float, count: int, loss: Loss, rng: np.random.Generator
) -> float:
    """Straight through for operators and levels, all of which are computed; the score function for the rest.

    Biased, as every straight-through gradient, but each operator learns from every pass. Returns the mean loss.
    """
    space, p = gates.space, gates.probabilities(tau)
    leaf = p.detach().requires_grad_()
    choices = draw(space, p, count, rng)
    values = []
    for choice in choices:
        value = loss(with_all_levels(space, choice), straight_through(space, leaf, choice, concrete_tau, rng))
        (value / count).backward()
        values.append(value.detach())
    losses = torch.stack(values)
    single = {variable.name for variable in space.variables if variable.kind == "one"}
    scores = torch.stack([log_probability(space, leaf, choice, single) for choice in choices])
    (_advantages(losses) * scores).sum().backward()
    p.backward(leaf.grad)
    return float(losses.mean())


def with_all_levels(space: Space, choice: Choice) -> Layout:
    """The network of a choice with every level fused: a gate then says what the level counts for."""
    opened, first = list(choice), 0
    for variable in space.variables:
        count = len(variable.options)
        if variable.name == "neck":
            opened[first : first + count] = [1] * count
        first += count
    return layout_of(space, opened)


def _advantages(losses: Tensor) -> Tensor:
    """(M,) double: what each network's loss is above the mean of the others, shared out among them."""
    return (losses.double() - losses.double().mean()) / (len(losses) - 1)
