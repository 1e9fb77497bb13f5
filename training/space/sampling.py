"""Choices drawn from gate probabilities, how likely they are, and how they let a gradient through.

A layer beyond a stage's first has at least one open operator: its gates are drawn under that condition.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.space.layout import Choice, used_variables
from training.space.space import Kind, Space
from training.space.table import at_least_one

Choices = NDArray[np.int8]


def draw(space: Space, probabilities: Tensor, count: int, rng: np.random.Generator) -> Choices:
    """(count, n_logits) of 0 and 1. probabilities: as of `BudgetGates`."""
    p = probabilities.detach().numpy()
    parts = np.split(p, np.cumsum([len(variable.options) for variable in space.variables])[:-1])
    rows = [_DRAWERS[v.kind](part, count, rng) for v, part in zip(space.variables, parts, strict=True)]
    return np.concatenate(rows, axis=1).astype(np.int8)


def _draw_one(p: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.eye(len(p), dtype=np.int64)[rng.choice(len(p), count, p=p / p.sum())]


def _draw_any(p: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return (rng.random((count, len(p))) < p).astype(np.int64)


def _draw_some(p: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Without a second try: the first open gate by its probability, then the ones after it freely."""
    first = p * np.concatenate([[1.0], np.cumprod(1 - p)[:-1]])
    opening = rng.choice(len(p), count, p=first / first.sum())[:, None]
    places, free = np.arange(len(p)), _draw_any(p, count, rng)
    return np.where(places == opening, 1, free * (places > opening))


_DRAWERS = {"one": _draw_one, "any": _draw_any, "some": _draw_some}


def log_probability(space: Space, probabilities: Tensor, choice: Choice, names: set[str] | None = None) -> Tensor:
    """Log-probability of the network of a choice, a scalar with a gradient; what it does not use does not count.

    names: variables that count; None: all that the network uses.
    """
    names = used_variables(space, choice) if names is None else names & used_variables(space, choice)
    return sum(log_probabilities(space, probabilities, choice, names).values(), torch.zeros((), dtype=torch.float64))


def log_probabilities(space: Space, probabilities: Tensor, choice: Choice, names: set[str]) -> dict[str, Tensor]:
    """Log-probability of what a choice has of each of these variables, scalars with a gradient."""
    counts = [len(variable.options) for variable in space.variables]
    values = torch.as_tensor(np.asarray(choice, np.float64))
    parts = zip(space.variables, probabilities.split(counts), values.split(counts), strict=True)
    return {v.name: _log_likelihood(v.kind, p, z) for v, p, z in parts if v.name in names}


def _log_likelihood(kind: Kind, p: Tensor, z: Tensor) -> Tensor:
    if kind == "one":
        return (z * p.log()).sum()
    free = (z * p.log() + (1 - z) * torch.log1p(-p)).sum()
    return free - at_least_one(p).log().sum() if kind == "some" else free


def straight_through(
    space: Space, probabilities: Tensor, choice: Choice, concrete_tau: float, generator: np.random.Generator
) -> dict[str, Sequence[Tensor]]:
    """Gates of every operator by layer, and of the levels under "neck": 0/1 forward, binary-concrete backward.

    The hard values are those of `choice`; the logistic noise of each is drawn given its value (as in RELAX, Grathwohl
    et al. 2018), so that value and gradient belong to one sample. Where a layer has exactly one operator, its gates
    are the probabilities themselves: the softmax mixture of DARTS (Liu et al. 2019).
    """
    gates, first = {}, 0
    for variable in space.variables:
        count = len(variable.options)
        p = probabilities[first : first + count]
        if is_layer(variable.name) and variable.kind == "one":
            gates[variable.name] = p.float().unbind()
        elif variable.kind != "one":
            hard = torch.as_tensor(np.asarray(choice[first : first + count], np.float64))
            soft = torch.sigmoid((torch.logit(p) + _noise_given(hard, p.detach(), generator)) / concrete_tau)
            gates[variable.name] = (hard + soft - soft.detach()).float().unbind()
        first += count
    return gates


def is_layer(variable: str) -> bool:
    """Whether a variable chooses operators."""
    return variable.rpartition(".")[2].isdigit()


def _noise_given(hard: Tensor, p: Tensor, rng: np.random.Generator) -> Tensor:
    """Logistic noise with logit(p) + noise > 0 where hard is 1: u uniform above 1 - p there, below it elsewhere."""
    v = torch.as_tensor(rng.uniform(1e-6, 1 - 1e-6, len(p)))
    u = torch.where(hard > 0, 1 - p + v * p, v * (1 - p))
    return torch.logit(u.clamp(1e-9, 1 - 1e-9))
