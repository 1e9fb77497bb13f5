"""What a network is expected to cost under a distribution over a space, exactly and differentiably.

The cost of a layer depends on the widths on both of its sides and on the resolution. These are categorical choices, so
tables over neighbouring choices hold every case, and the expectation is a sum over them: for a layer from a width to
the same width it is over one choice, not over two that happen to be equal (E[n^2], not E[n]^2). All choices are
independent, except that a layer that is there has at least one operator; its gates are then conditioned on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from training.space.cost import Part, PartCost, layer_part, layout_parts
from training.space.layout import Layout, Place
from training.space.space import STEM_STRIDE, Space, stage_name


class StageTable(NamedTuple):
    """Costs by plan (P), width before (A), width (B), head width (H) and operator (K).

    projection: (P, A, B).  first: (P, K, A, B).  later: (P, K, B).  level: (P, B, H).  is_grid, is_beyond: (P,) 1 where
    the stage is the grid's, and where it is deeper.
    """

    projection: Tensor
    first: Tensor
    later: Tensor
    level: Tensor
    is_grid: Tensor
    is_beyond: Tensor


class CostTable:
    """Tables of a space's parts. part_cost: what one part costs: `cost.part_macs`, or measured seconds."""

    def __init__(self, space: Space, input_size: int, output_channels: int, part_cost: PartCost) -> None:
        self.space, self.input_size, self.output_channels = space, input_size, output_channels
        self.sizes = [len(variable.options) for variable in space.variables]
        self._names = [variable.name for variable in space.variables]
        self._cost = part_cost
        grid = input_size // space.grid_stride
        heads = space.head.widths
        self._stem = _tensor([part_cost(Part("stem", 3, width, input_size, 2)) for width in space.stem_widths])
        self._output = _tensor([part_cost(Part("output", width, output_channels, grid)) for width in heads])
        operators = space.operators_of_head
        self._head = _tensor([[part_cost(Part(op, w, w, grid)) for w in heads] for op in operators])
        self._stages = [self._stage_table(index) for index in range(len(space.stages))]

    def _stage_table(self, index: int) -> StageTable:
        space, plans, widths = self.space, self.space.plans, self.space.stages[index].widths
        before = space.stages[index - 1].widths if index else space.stem_widths
        entries = [(plan[index - 1] if index else STEM_STRIDE, plan[index]) for plan in plans]
        operators = space.operators_of(index)
        grids = [space.grid_stage(plan) for plan in plans]
        return StageTable(
            _tensor([self._transition("projection", before, widths, *entry) for entry in entries]),
            _tensor([[self._transition(op, before, widths, *entry) for op in operators] for entry in entries]),
            _tensor([[self._same(op, widths, stride) for op in operators] for _, stride in entries]),
            _tensor([self._level(widths, plan[index], grid == index) for plan, grid in zip(plans, grids, strict=True)]),
            _tensor([float(grid == index) for grid in grids]),
            _tensor([float(grid < index) for grid in grids]),
        )

    def _transition(
        self, what: str, before: Sequence[int], widths: Sequence[int], entry: int, stride: int
    ) -> list[list[float]]:
        size, drop = self.input_size // entry, stride // entry
        return [[self._cost(Part(what, a, b, size, drop)) for b in widths] for a in before]

    def _same(self, what: str, widths: Sequence[int], stride: int) -> list[float]:
        return [self._cost(Part(what, width, width, self.input_size // stride)) for width in widths]

    def _level(self, widths: Sequence[int], stride: int, is_grid: bool) -> list[list[float]]:
        what, size, drop = (
            "grid level" if is_grid else "level",
            self.input_size // stride,
            self.space.grid_stride / stride,
        )
        return [
            [self._cost(Part(what, width, head, size, drop)) for head in self.space.head.widths] for width in widths
        ]

    def expected(self, probabilities: Tensor) -> Tensor:
        """Expected cost, a scalar.

        probabilities: (n_logits,) of each option, in the order of `Space.variables`; before conditioning on layers that
        have at least one operator. With zeros and ones, as in a choice, this is the cost of that one network.
        """
        p = dict(zip(self._names, probabilities.split(self.sizes), strict=True))
        head = self._operators_at(p, "head", range(max(self.space.head.depths)), self.space.head.depths)
        total = self._stem @ p["stem.width"] + self._output @ p["head.width"]
        total = total + (self._head @ p["head.width"]) @ head
        by_plan, before = torch.zeros_like(p["strides"]), p["stem.width"]
        for index, table in enumerate(self._stages):
            width = p[f"{stage_name(index)}.width"]
            fused = table.is_grid + (1 - table.is_grid) * p["neck"][index]
            alive = 1 - table.is_beyond * (1 - p["neck"][index:]).prod()
            by_plan = by_plan + alive * self._stage_cost(p, index, before, width)
            by_plan = by_plan + fused * ((table.level @ p["head.width"]) @ width)
            before = width
        return total + by_plan @ p["strides"]

    def _stage_cost(self, p: dict[str, Tensor], index: int, before: Tensor, width: Tensor) -> Tensor:
        """(P,) cost of the stage's layers where it is there."""
        name, table, stage = stage_name(index), self._stages[index], self.space.stages[index]
        first = ((table.first @ width) @ before) @ p[f"{name}.0"]
        later = self._operators_at(p, name, range(1, max(stage.depths)), stage.depths)
        return (table.projection @ width) @ before + first + (table.later @ width) @ later

    def _operators_at(self, p: dict[str, Tensor], name: str, layers: range, depths: Sequence[int]) -> Tensor:
        """(K,) how many layers have each operator, in expectation, of those that must have at least one."""
        if not layers:
            return torch.zeros(len(self.operators_in(name)), dtype=torch.float64)
        depth = p[f"{name}.depth"]
        there = _tensor([[float(count > layer) for count in depths] for layer in layers]) @ depth
        return there @ self._given_some(torch.stack([p[f"{name}.{layer}"] for layer in layers]))

    def operators_in(self, block: str) -> tuple[str, ...]:
        """Candidate operators of each layer of a stage or of the head."""
        is_head = block == "head"
        return self.space.operators_of_head if is_head else self.space.operators_of(_stage_index(block))

    def _given_some(self, p: Tensor) -> Tensor:
        return p if self.space.exclusive else p / at_least_one(p)

    def cost_of(self, layout: Layout) -> float:
        """What the network of a layout costs, part by part; the same number as `expected` of its choice."""
        parts = layout_parts(layout, self.input_size, self.output_channels)
        return float(sum(self._cost(part) for _, part in parts))

    def operator_cost(self, layout: Layout, place: Place, operator: str) -> float:
        """What an operator costs in a layer of a layout."""
        return float(self._cost(layer_part(layout, place, operator, self.input_size)))

    def limits(self) -> tuple[float, float]:
        """Cost of the smallest and of the largest network.

        Every cost grows with widths, depths and operators, so that only the plans, and at the small end the operators
        of each layer, have to be compared.
        """
        plans = range(len(self.space.plans))
        return (
            min(float(self.expected(self._extreme(plan, least=True))) for plan in plans),
            max(float(self.expected(self._extreme(plan, least=False))) for plan in plans),
        )

    def _extreme(self, plan: int, least: bool) -> Tensor:
        parts = []
        for variable in self.space.variables:
            count = len(variable.options)
            chosen = torch.zeros(count, dtype=torch.float64)
            if variable.name == "strides":
                chosen[plan] = 1
            elif variable.name.endswith(("width", "depth")):
                chosen[0 if least else -1] = 1
            elif variable.kind == "any":
                chosen += not least
            elif variable.kind == "one" or least:
                costs = self._layer_costs(variable.name, plan, least)
                chosen[costs.argmin() if least else costs.argmax()] = 1
            else:
                chosen += 1
            parts.append(chosen)
        return torch.cat(parts)

    def _layer_costs(self, name: str, plan: int, least: bool) -> Tensor:
        """(K,) of a layer's operators between the narrowest or the widest sides."""
        at = 0 if least else -1
        block, layer = name.split(".")
        if block == "head":
            return self._head[:, at]
        table = self._stages[_stage_index(block)]
        return table.first[plan, :, at, at] if layer == "0" else table.later[plan, :, at]


def at_least_one(p: Tensor) -> Tensor:
    """Probability that any of independent gates is open; p: (..., K)."""
    return (-torch.expm1(torch.log1p(-p).sum(dim=-1, keepdim=True))).clamp_min(1e-300)


def _stage_index(name: str) -> int:
    return int(name.removeprefix("stage")) - 1


def _tensor(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
