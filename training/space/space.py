"""The search space as it is declared in YAML: what can be chosen, and how many networks that makes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from training.errors import SettingsError
from training.space.operators import check_operator

STEM_STRIDE, GREATEST_STRIDE = 2, 32
Kind = Literal["one", "any", "some"]
"""How many of a variable's options are chosen: exactly one, any number, or at least one."""


@dataclass(frozen=True)
class Stage:
    """Layers of one width and resolution; the first takes the features of the stage before to them."""

    widths: Sequence[int] = (32,)
    """Channels to choose from, ascending."""
    depths: Sequence[int] = (2,)
    """Numbers of layers to choose from, ascending."""
    strides: Sequence[int] = (2,)
    """By how much the resolution drops on entering: 1, 2 or both to choose from."""
    operators: Sequence[str] = ()
    """Candidate operators of each layer; empty: those of the space."""


@dataclass(frozen=True)
class Head:
    """The layers between neck and output; the neck has their width."""

    widths: Sequence[int] = (48, 64, 96)
    """Channels to choose from, ascending."""
    depths: Sequence[int] = (1, 2, 3)
    """Numbers of layers to choose from, ascending."""
    operators: Sequence[str] = ()
    """Candidate operators of each layer; empty: those of the space."""


STAGES = (
    Stage((24, 32, 48), (1, 2), (2,)),
    Stage((32, 48, 64, 96), (1, 2, 3), (2,)),
    Stage((48, 64, 96, 128), (1, 2, 3), (1, 2)),
    Stage((64, 96, 128, 192), (1, 2, 3), (1, 2)),
)


@dataclass(frozen=True)
class Variable:
    """One choice of the search. options: what is written in architecture.json."""

    name: str
    kind: Kind
    options: tuple[int | str | tuple[int, ...], ...]


@dataclass(frozen=True)
class Space:
    """Stem (stride 2), stages, a neck that sums levels at the grid's resolution, and a head."""

    stem_widths: Sequence[int] = (16, 24)
    """Channels of the stem to choose from, ascending."""
    stages: Sequence[Stage] = STAGES
    """The stages, fine to coarse."""
    operators: Sequence[str] = ("conv1x1", "conv3x3", "conv3x3_dilated", "fused3x3_half", "separable5x5")
    """Candidate operators of each layer that names none of its own."""
    grid_stride: int = 8
    """Input pixels a cell of the output grid."""
    head: Head = field(default_factory=Head)
    """Width, depth and operators of the head."""
    exclusive: bool = False
    """Exactly one operator a layer, as a softmax chooses (the baseline), instead of any number."""

    def __post_init__(self) -> None:
        """Refuse a space whose shapes do not chain: SettingsError names the field."""
        if not self.stages:
            raise SettingsError("stages: expected at least one, got none")
        _check_ascending("stem_widths", self.stem_widths, 1)
        _check_ascending("head.widths", self.head.widths, 1)
        _check_ascending("head.depths", self.head.depths, 0)
        for number, stage in enumerate(self.stages, 1):
            _check_ascending(f"stage{number}.widths", stage.widths, 1)
            _check_ascending(f"stage{number}.depths", stage.depths, 1)
            if not stage.strides or not set(stage.strides) <= {1, 2}:
                raise SettingsError(f"stage{number}.strides: expected 1, 2 or both, got {list(stage.strides)}")
        for names in (self.operators_of_head, *(self.operators_of(s) for s in range(len(self.stages)))):
            _check_operators(names)
        if not self.plans:
            raise SettingsError(
                f"grid_stride: expected a stride that some stage can have (at most {GREATEST_STRIDE}), got"
                f" {self.grid_stride}; change the stages' strides or the grid's"
            )

    def operators_of(self, stage: int) -> tuple[str, ...]:
        """Candidate operators of each layer of a stage."""
        return tuple(self.stages[stage].operators or self.operators)

    @property
    def operators_of_head(self) -> tuple[str, ...]:
        """Candidate operators of each layer of the head."""
        return tuple(self.head.operators or self.operators)

    @cached_property
    def plans(self) -> tuple[tuple[int, ...], ...]:
        """Where the resolution may drop: input pixels a cell of each stage, of every plan that reaches the grid's."""
        drops = itertools.product(*(sorted(stage.strides) for stage in self.stages))
        plans = (tuple(STEM_STRIDE * f for f in itertools.accumulate(d, lambda a, b: a * b)) for d in drops)
        return tuple(plan for plan in plans if self.grid_stride in plan and plan[-1] <= GREATEST_STRIDE)

    def grid_stage(self, plan: Sequence[int]) -> int:
        """The last stage that has the grid's resolution; its features always enter the neck."""
        return max(index for index, stride in enumerate(plan) if stride == self.grid_stride)

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """All choices, in the order of the gate logits."""
        return tuple(self._variables())

    def _variables(self) -> Iterator[Variable]:
        yield Variable("stem.width", "one", tuple(self.stem_widths))
        yield Variable("strides", "one", self.plans)
        first: Kind = "one" if self.exclusive else "any"
        later: Kind = "one" if self.exclusive else "some"
        for index, stage in enumerate(self.stages):
            name = stage_name(index)
            yield Variable(f"{name}.width", "one", tuple(stage.widths))
            yield Variable(f"{name}.depth", "one", tuple(stage.depths))
            for layer in range(max(stage.depths)):
                yield Variable(f"{name}.{layer}", later if layer else first, self.operators_of(index))
        yield Variable("neck", "any", tuple(stage_name(index) for index in range(len(self.stages))))
        yield Variable("head.width", "one", tuple(self.head.widths))
        yield Variable("head.depth", "one", tuple(self.head.depths))
        for layer in range(max(self.head.depths)):
            yield Variable(f"head.{layer}", later, self.operators_of_head)

    @property
    def n_logits(self) -> int:
        """Options of all variables together."""
        return sum(len(variable.options) for variable in self.variables)

    @cached_property
    def n_architectures(self) -> int:
        """How many different networks the space holds, exactly.

        A stage that nothing fuses is not there, nor are layers beyond the chosen depth, and a layer that is there has
        at least one operator (the first of a stage may have its projection alone): no network is counted twice.
        """
        stages = [self._stage_count(index) for index in range(len(self.stages))]
        trunks = 0
        for deepest in range(len(self.stages)):
            prefixes = {plan[: deepest + 1] for plan in self.plans if self.grid_stage(plan) <= deepest}
            grids = [self.grid_stage(prefix) for prefix in prefixes]
            trunks += sum(self._neck_count(grid, deepest) for grid in grids) * math.prod(stages[: deepest + 1])
        later = self._subsets(len(self.operators_of_head), True)
        heads = len(self.head.widths) * sum(later**depth for depth in self.head.depths)
        return len(self.stem_widths) * trunks * heads

    def _stage_count(self, index: int) -> int:
        count, stage = len(self.operators_of(index)), self.stages[index]
        first, later = self._subsets(count, False), self._subsets(count, True)
        return len(stage.widths) * sum(first * later ** (depth - 1) for depth in stage.depths)

    def _subsets(self, operators: int, some: bool) -> int:
        return operators if self.exclusive else 2**operators - some

    @staticmethod
    def _neck_count(grid: int, deepest: int) -> int:
        """Sets of fused levels whose deepest is `deepest`: finer ones are free, it is fused or the grid's own."""
        return 2**grid if deepest == grid else 2 ** (deepest - 1)

    @property
    def log10_architectures(self) -> float:
        """log10 of the number of architectures."""
        return math.log10(self.n_architectures)


def stage_name(index: int) -> str:
    """The name of a stage in files and messages; index counts from 0."""
    return f"stage{index + 1}"


def _check_ascending(name: str, values: Sequence[int], least: int) -> None:
    if not values or list(values) != sorted(set(values)) or values[0] < least:
        raise SettingsError(f"{name}: expected ascending numbers from {least}, got {list(values)}")


def _check_operators(names: Sequence[str]) -> None:
    if not names or len(set(names)) != len(names):
        raise SettingsError(f"operators: expected at least one, each once, got {list(names)}")
    for name in names:
        check_operator(name)
