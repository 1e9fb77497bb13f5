"""From gate probabilities to networks that never exceed the budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import Bounds, LinearConstraint, milp
from torch import Tensor, nn
from tqdm import tqdm

from training.data.batches import plain_batches
from training.data.crops import CropSet
from training.errors import BudgetError
from training.learning.loss import pose_loss
from training.learning.precision import forward
from training.space.gates import BudgetGates, check_budget
from training.space.layout import Choice, Layout, layout_of, used_variables
from training.space.network import PoseNetwork, inherit_weights
from training.space.sampling import draw, is_layer, log_probabilities
from training.space.supernet import Supernet

LOWEST_SHARE = 0.95
DRAWS, DRAWS_AT_ONCE, COMPLETIONS = 20_000, 200, 100
MOST_IN_VAIN = 2_000
"""Draws in a row without a new network after which there are no more to be found, as in a small space."""
CLIMBS = 4
CALIBRATION_CROPS = 640


@dataclass(frozen=True)
class Candidate:
    """One network, what it costs in the budget's unit, its loss on held-out crops, and where it is from."""

    layout: Layout
    cost: float
    loss: float
    network: PoseNetwork
    source: str = ""


def sample_layouts(gates: BudgetGates, tau: float, count: int, rng: np.random.Generator) -> list[Layout]:
    """`count` different networks within [0.95, 1] x budget: the likeliest that climbing finds, then draws.

    Raises BudgetError where no network was found; it names the smallest and the largest one.
    """
    p = gates.probabilities(tau).detach()
    starts = [likeliest(gates, p), *draw(gates.space, p, CLIMBS - 1, rng)]
    tops = [top for start in starts for top in climb(gates, p, start)]
    tops.sort(key=lambda top: -likeness(gates, p, top))
    found = dict.fromkeys(layout_of(gates.space, top) for top in tops)
    found |= dict.fromkeys(draw_layouts(gates, tau, count, rng))
    if not found:
        check_budget(gates.table, gates.budget)
        raise BudgetError(
            f"no network within {LOWEST_SHARE:.0%} of {gates.budget:,.0f}, of {gates.table.limits()[0]:,.0f} to"
            f" {gates.table.limits()[1]:,.0f}; move the budget"
        )
    return list(found)[:count]


def draw_layouts(gates: BudgetGates, tau: float, count: int, rng: np.random.Generator) -> list[Layout]:
    """At most `count` different networks within [0.95, 1] x budget, as the gates draw them.

    Where too few of a bounded number of draws lie in that range, their operators are chosen anew so that they do.
    """
    p = gates.probabilities(tau).detach()
    found: dict[Layout, None] = {}
    drawn: list[Choice] = []
    in_vain = 0
    for _ in range(DRAWS // DRAWS_AT_ONCE):
        before, drawn = len(found), list(draw(gates.space, p, DRAWS_AT_ONCE, rng))
        for choice in (choice for choice in drawn if _fits(gates, choice)):
            found.setdefault(layout_of(gates.space, choice))
        if len(found) >= count:
            return list(found)[:count]
        in_vain = in_vain + DRAWS_AT_ONCE if len(found) == before else 0
        if in_vain >= MOST_IN_VAIN:
            break
    for choice in drawn[:COMPLETIONS]:
        for completed in _completed(gates, p, choice):
            found.setdefault(layout_of(gates.space, completed))
    return list(found)[:count]


def unlearned_layouts(gates: BudgetGates, count: int, rng: np.random.Generator) -> list[Layout]:
    """As `draw_layouts`, of gates of the same space and budget that have not learned: every logit is zero."""
    return draw_layouts(BudgetGates(gates.space, gates.table, gates.budget), 1.0, count, rng)


def climb(gates: BudgetGates, p: Tensor, start: Choice) -> list[Choice]:
    """From the widths, depths, strides and levels of `start` to likelier ones; empty where no step meets the budget.

    A step changes one of them, and the operators are chosen anew for the budget; the likeliest is taken until none is
    likelier. Operators and sizes are so optimised together, whose product makes costs too hard for one 0/1 program.
    """
    best = _completed(gates, p, start)
    while True:
        found = _best_step(gates, p, best[0] if best else start, best)
        if found is best:
            return best
        best = found


def _best_step(gates: BudgetGates, p: Tensor, here: Choice, best: list[Choice]) -> list[Choice]:
    """The likeliest of `best` and of what lies one step from here. No operators make likelier than the sizes allow."""
    height = likeness(gates, p, best[0]) if best else -np.inf
    promised = [(likeness(gates, p, near, with_operators=False), near) for near in _neighbours(gates, here)]
    for promise, near in sorted(promised, key=lambda pair: -pair[0]):
        if promise <= height:
            break
        for top in _completed(gates, p, near):
            if likeness(gates, p, top) > height:
                best, height = [top], likeness(gates, p, top)
    return best


def likeness(gates: BudgetGates, p: Tensor, choice: Choice, with_operators: bool = True) -> float:
    """Log-probability of a network less that of each of its variables' likeliest options; 0 at most.

    So a deep network, which has more variables than a shallow one, is not the less likely for it.
    """
    used = {name for name in used_variables(gates.space, choice) if with_operators or not is_layer(name)}
    own = log_probabilities(gates.space, p, choice, used)
    most = log_probabilities(gates.space, p, likeliest(gates, p), used)
    return float(sum(own[name] - most[name] for name in used))


def _neighbours(gates: BudgetGates, choice: Choice) -> Iterator[Choice]:
    """Choices with another width, depth, plan of strides, or one level more or less."""
    used, first = used_variables(gates.space, choice), 0
    for variable, size in zip(gates.space.variables, gates.table.sizes, strict=True):
        first += size
        if is_layer(variable.name) or variable.name not in used:
            continue
        for place in np.arange(first - size, first):
            other = np.array(choice)
            if variable.kind == "one":
                other[first - size : first] = 0
            other[place] = 1 - choice[place] if variable.kind == "any" else 1
            if not np.array_equal(other, choice):
                yield other


def choice_cost(gates: BudgetGates, choice: Choice) -> float:
    """Cost of one network, in the table's unit."""
    return float(gates.table.expected(torch.as_tensor(np.asarray(choice, np.float64))))


def _fits(gates: BudgetGates, choice: Choice) -> bool:
    return LOWEST_SHARE * gates.budget <= choice_cost(gates, choice) <= gates.budget


def likeliest(gates: BudgetGates, p: Tensor) -> list[int]:
    """The likeliest option of each variable; gates more likely open than closed, and at least one where needed."""
    parts = []
    for variable, part in zip(gates.space.variables, p.split(gates.table.sizes), strict=True):
        chosen = (part > 0.5).long() if variable.kind != "one" else torch.zeros(len(part), dtype=torch.long)
        if variable.kind != "any":
            chosen[part.argmax()] = 1
        parts.append(chosen)
    return torch.cat(parts).tolist()


def _completed(gates: BudgetGates, p: Tensor, choice: Choice) -> list[Choice]:
    """The widths, depths, strides and levels of a choice with the likeliest operators that meet the budget.

    Costs add up once the widths are fixed, so this is a 0/1 program, solved exactly; empty where nothing fits.
    """
    choice = np.asarray(choice).copy()
    costs = operator_costs(gates, choice)
    gated = np.flatnonzero(costs)
    rest = choice_cost(gates, choice) - float(costs @ choice)
    room = np.array([LOWEST_SHARE * gates.budget, gates.budget]) - rest
    constraints = [LinearConstraint(costs[gated] / gates.budget, *(room / gates.budget))]
    constraints += _layer_constraints(gates, gated)
    worth = torch.logit(p).numpy()[gated]
    solution = milp(-worth, integrality=np.ones(len(gated)), bounds=Bounds(0, 1), constraints=constraints)
    if solution.x is None:
        return []
    choice[gated] = np.round(solution.x).astype(choice.dtype)
    return [choice] if _fits(gates, choice) else []


def _layer_constraints(gates: BudgetGates, gated: np.ndarray) -> list[LinearConstraint]:
    constraints, first = [], 0
    for variable, size in zip(gates.space.variables, gates.table.sizes, strict=True):
        inside = ((gated >= first) & (gated < first + size)).astype(float)
        if is_layer(variable.name) and variable.kind != "any" and inside.any():
            constraints.append(LinearConstraint(inside, 1, 1 if variable.kind == "one" else np.inf))
        first += size
    return constraints


def operator_costs(gates: BudgetGates, choice: Choice) -> np.ndarray:
    """(n_logits,) what each operator of a choice's layers costs where it stands; 0 for all that is no such operator."""
    layout, costs = layout_of(gates.space, choice), []
    there = {place.name: place for row in (*layout.stage_layers(), layout.head_layers()) for place in row}
    for variable in gates.space.variables:
        place = there.get(variable.name)
        costs += [
            0.0 if place is None else gates.table.operator_cost(layout, place, str(name)) for name in variable.options
        ]
    return np.array(costs)


def rank(
    supernet: Supernet, found: list[tuple[Layout, float]], calibration: CropSet, held_out: CropSet, bfloat16: bool
) -> list[Candidate]:
    """Candidates of (layout, cost) with the supernet's weights, the lowest held-out loss first."""
    candidates = []
    for layout, cost in tqdm(found, desc="rank", unit="network"):
        network = PoseNetwork(supernet.space, layout, supernet.n_objects, supernet.n_keypoints)
        inherit_weights(network, supernet.state_dict())
        calibrate_batch_norm(network, calibration, bfloat16)
        candidates.append(Candidate(layout, cost, held_out_loss(network, held_out, bfloat16), network))
    return sorted(candidates, key=lambda candidate: candidate.loss)


def calibrate_batch_norm(network: PoseNetwork, crops: CropSet, bfloat16: bool) -> None:
    """Replace the running statistics by those of these crops."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
    network.train()
    with torch.no_grad():
        for batch in plain_batches(crops.first(CALIBRATION_CROPS), 64):
            forward(network, batch.images, bfloat16)
    for norm in norms:
        norm.momentum = 0.1


def held_out_loss(network: PoseNetwork, crops: CropSet, bfloat16: bool) -> float:
    """Mean loss over the crops, without augmentation."""
    network.eval()
    losses: list[float] = []
    with torch.inference_mode():
        for batch in plain_batches(crops, 64):
            grid = forward(network, batch.images, bfloat16)
            losses.append(float(pose_loss(grid, batch.targets, network.space.grid_stride).total))
    return float(np.mean(losses))
