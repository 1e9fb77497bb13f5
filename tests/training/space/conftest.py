"""Spaces that tests of this folder share."""

import itertools
from collections.abc import Iterator

from training.space.space import Head, Space, Stage


def tiny_space(**changes: object) -> Space:
    """Few enough networks to enumerate, with every kind of choice."""
    values: dict[str, object] = {
        "stem_widths": (4,),
        "stages": (Stage((4, 8), (1, 2)), Stage((8,), (1,), (1, 2)), Stage((8,), (1,), (2,))),
        "operators": ("conv1x1", "conv3x3"),
        "grid_stride": 8,
        "head": Head((4,), (0, 1)),
    }
    return Space(**(values | changes))  # type: ignore[arg-type]


def all_choices(space: Space) -> Iterator[tuple[int, ...]]:
    """Every combination of options that the variables allow, also those that make the same network."""
    per_variable = []
    for variable in space.variables:
        count = len(variable.options)
        options = list(itertools.product((0, 1), repeat=count))
        allowed = {"one": lambda b: sum(b) == 1, "any": lambda b: True, "some": any}[variable.kind]
        per_variable.append([bits for bits in options if allowed(bits)])
    for picked in itertools.product(*per_variable):
        yield tuple(itertools.chain(*picked))
