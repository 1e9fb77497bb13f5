"""From gate probabilities to one network that never exceeds the budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import Bounds, LinearConstraint, milp
from torch import nn
from tqdm import tqdm

from training.data.batches import plain_batches
from training.data.crops import CropSet
from training.errors import BudgetError
from training.learning.loss import pose_loss
from training.learning.precision import forward
from training.space.cost import NetworkCost
from training.space.gates import BudgetGates
from training.space.network import PoseNetwork

LOWEST_SHARE = 0.95
DRAWS = 200_000
CALIBRATION_CROPS = 640
Gates = tuple[int, ...]


@dataclass(frozen=True)
class Candidate:
    """One architecture (gates 0 or 1), what it costs, and its loss on held-out crops with the supernet's weights."""

    gates: Gates
    macs: int
    loss: float


def sample_architectures(
    gates: BudgetGates, cost: NetworkCost, tau: float, count: int, rng: np.random.Generator
) -> list[Gates]:
    """`count` different architectures within [0.95, 1] x budget: the exact optimum of the logits, then samples.

    Raises BudgetError where none of a bounded number of draws lies in that range.
    """
    found = dict.fromkeys([best_by_logits(gates)])
    p, costs = gates.probabilities(tau).detach().numpy(), np.array(cost.operators)
    budget = gates.gated_budget + cost.base
    for _ in range(DRAWS // 1000):
        draws = rng.random((1000, len(p))) < p
        macs = cost.base + draws @ costs
        for draw in draws[(macs <= budget) & (macs >= LOWEST_SHARE * budget)]:
            found.setdefault(tuple(int(v) for v in draw))
            if len(found) >= count:
                return list(found)
    if not found:
        raise BudgetError(f"no architecture within {LOWEST_SHARE:.0%} of {budget:,.0f} macs; widen the space")
    return list(found)


def best_by_logits(gates: BudgetGates) -> Gates:
    """The gates with the greatest sum of open logits that the budget allows (0/1 knapsack, solved exactly)."""
    logits, costs = gates.logits.detach().numpy(), gates.costs.numpy() / gates.gated_budget
    worth = logits - logits.min() + 1e-3  # every operator is worth something: the budget is there to be used
    solution = milp(
        -worth,
        integrality=np.ones_like(worth),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(costs, ub=1.0),
    )
    return tuple(round(v) for v in solution.x)


def rank(
    supernet: PoseNetwork,
    cost: NetworkCost,
    architectures: list[Gates],
    calibration: CropSet,
    held_out: CropSet,
) -> list[Candidate]:
    """Candidates, the lowest held-out loss first; batch norm is calibrated anew for each."""
    candidates = []
    for gates in tqdm(architectures, desc="rank", unit="network"):
        calibrate_batch_norm(supernet, gates, calibration)
        macs = cost.base + int(np.dot(gates, cost.operators))
        candidates.append(Candidate(gates, macs, held_out_loss(supernet, gates, held_out)))
    return sorted(candidates, key=lambda candidate: candidate.loss)


def calibrate_batch_norm(supernet: PoseNetwork, gates: Gates, crops: CropSet) -> None:
    """Replace the running statistics by those of this architecture."""
    norms = [module for module in supernet.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
    supernet.train()
    with torch.no_grad():
        for batch in plain_batches(crops.first(CALIBRATION_CROPS), 64):
            supernet(batch.images, _numbers(gates))
    for norm in norms:
        norm.momentum = 0.1


def held_out_loss(supernet: PoseNetwork, gates: Gates, crops: CropSet) -> float:
    """Mean loss over the crops, without augmentation."""
    supernet.eval()
    losses: list[float] = []
    with torch.inference_mode():
        for batch in plain_batches(crops, 64):
            grid = forward(supernet, batch.images, False, _numbers(gates))
            losses.append(float(pose_loss(grid, batch.targets, supernet.space.grid_stride).total))
    return float(np.mean(losses))


def open_operators(supernet: PoseNetwork, gates: Gates) -> dict[str, list[str]]:
    """Layer name -> names of its open operators."""
    opened, values = {}, iter(gates)
    for name, layer in supernet.gated_layers():
        opened[name] = [operator for operator in layer.operators if next(values)]
    return opened


def _numbers(gates: Gates) -> list[torch.Tensor | float]:
    return [float(gate) for gate in gates]
