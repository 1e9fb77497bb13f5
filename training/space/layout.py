"""One network of a space, written out: widths, resolutions, layers and their operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from training.space.space import STEM_STRIDE, Space, stage_name


@dataclass(frozen=True)
class Block:
    """A stage, or the head. stride: input pixels a cell.  layers: open operators of each."""

    width: int
    stride: int
    layers: tuple[tuple[str, ...], ...]


class Place(NamedTuple):
    """Where a layer sits: channels in and out, and by how much it lowers the resolution."""

    name: str
    in_channels: int
    out_channels: int
    drop: int
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """stages: fine to coarse, only those that are used.  neck: stages fused beside the grid's own."""

    stem_width: int
    stages: tuple[Block, ...]
    neck: tuple[str, ...]
    head: Block

    @property
    def grid(self) -> str:
        """The stage whose resolution is the grid's."""
        return stage_name(max(i for i, stage in enumerate(self.stages) if stage.stride == self.head.stride))

    @property
    def skeleton(self) -> tuple[object, ...]:
        """All but the operators: widths, strides and depths of stem, stages and head, and the neck."""
        sizes = [(block.width, block.stride, len(block.layers)) for block in (*self.stages, self.head)]
        return (self.stem_width, *sizes, self.neck)

    @property
    def levels(self) -> dict[str, Block]:
        """The stages by name."""
        return {stage_name(index): stage for index, stage in enumerate(self.stages)}

    def stage_layers(self) -> list[list[Place]]:
        """Layers of each stage."""
        places, width, stride = [], self.stem_width, STEM_STRIDE
        for name, stage in self.levels.items():
            drops = [stage.stride // stride] + [1] * (len(stage.layers) - 1)
            widths = [width] + [stage.width] * (len(stage.layers) - 1)
            rows = zip(widths, drops, stage.layers, strict=True)
            places.append([Place(f"{name}.{k}", w, stage.width, d, ops) for k, (w, d, ops) in enumerate(rows)])
            width, stride = stage.width, stage.stride
        return places

    def head_layers(self) -> list[Place]:
        """Layers of the head."""
        width = self.head.width
        return [Place(f"head.{k}", width, width, 1, operators) for k, operators in enumerate(self.head.layers)]


def layout_from(values: Mapping[str, Any]) -> Layout:
    """Read what `dataclasses.asdict` made of a layout."""
    stages = tuple(_block(stage) for stage in values["stages"])
    return Layout(values["stem_width"], stages, tuple(values["neck"]), _block(values["head"]))


def _block(values: Mapping[str, Any]) -> Block:
    return Block(values["width"], values["stride"], tuple(tuple(layer) for layer in values["layers"]))


Choice = Sequence[int]
"""0 or 1 for every option of every variable of a space, in their order."""


def layout_of(space: Space, choice: Choice) -> Layout:
    """The network of a choice; what it does not use is left out."""
    picked = picks(space, choice)
    plan = picked["strides"][0]
    grid = space.grid_stage(plan)
    fused = [name for name in picked["neck"] if name != stage_name(grid)]
    count = max([grid + 1, *(int(name.removeprefix("stage")) for name in fused)])
    stages = tuple(_picked_block(picked, stage_name(index), plan[index]) for index in range(count))
    return Layout(picked["stem.width"][0], stages, tuple(fused), _picked_block(picked, "head", space.grid_stride))


def picks(space: Space, choice: Choice) -> dict[str, tuple[Any, ...]]:
    """Variable name -> chosen options."""
    found, values = {}, iter(choice)
    for variable in space.variables:
        found[variable.name] = tuple(option for option in variable.options if next(values))
    return found


def _picked_block(picked: Mapping[str, tuple[Any, ...]], name: str, stride: int) -> Block:
    depth = picked[f"{name}.depth"][0]
    return Block(picked[f"{name}.width"][0], stride, tuple(picked[f"{name}.{layer}"] for layer in range(depth)))


def used_variables(space: Space, choice: Choice) -> set[str]:
    """Names of the variables on which the network of this choice depends."""
    layout = layout_of(space, choice)
    used = {"stem.width", "strides", "neck", "head.width", "head.depth"}
    used |= {place.name for layers in layout.stage_layers() for place in layers}
    used |= {place.name for place in layout.head_layers()}
    return used | {f"{name}.{what}" for name in layout.levels for what in ("width", "depth")}


def largest_choice(space: Space) -> list[int]:
    """Every operator and level, greatest widths and depths, the finest resolutions."""
    choice: list[int] = []
    for variable in space.variables:
        count = len(variable.options)
        if variable.kind != "one":
            choice += [1] * count
        else:
            chosen = 0 if variable.name == "strides" else count - 1
            choice += [int(index == chosen) for index in range(count)]
    return choice
