"""Multiply-accumulates of every operator, counted over the real module at its real resolution.

Convolutions count their multiply-accumulates; a sum counts one a value, bilinear upsampling four, average pooling one
for each value read. Batch norm counts nothing: it is folded into the convolution when the network is exported.
Activations count nothing. Anything else is refused, so nothing goes uncounted in silence.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.space.layer import Resampled, projection
from training.space.layout import Layout, Place
from training.space.network import PoseNetwork
from training.space.operators import OPERATORS, build_operator, conv_bn

FREE = (nn.BatchNorm2d, nn.ReLU, nn.Identity)


class Part(NamedTuple):
    """A piece of a network whose cost depends on nothing else.

    what: an operator's name, "stem", "projection", "level" (of the neck), "grid level" or "output".  size: side of its
    input.  drop: input cells a side of one output cell, as a fraction for a level that is upsampled.
    """

    what: str
    in_channels: int
    out_channels: int
    size: int
    drop: float = 1


PartCost = Callable[[Part], float]


@functools.cache
def part_macs(part: Part) -> int:
    """macs of one part, its sum included where it is an addend."""
    with torch.device("meta"):
        module = build_part(part).eval()
        image = torch.zeros(1, part.in_channels, part.size, part.size)
    counts: list[int] = []
    leaves = [leaf for leaf in module.modules() if not list(leaf.children())]
    for leaf in leaves:
        leaf.register_forward_hook(lambda leaf, _, output: counts.append(leaf_macs(leaf, output)))
    with torch.no_grad():
        output = module(image)
    return sum(counts) + (output.numel() if part.what in OPERATORS or part.what == "level" else 0)


def build_part(part: Part) -> nn.Module:
    """The module of a part."""
    channels = (part.in_channels, part.out_channels)
    if part.what == "stem":
        return nn.Sequential(conv_bn(*channels, 3, 2), nn.ReLU(inplace=True))
    if part.what == "projection":
        return projection(*channels, int(part.drop))
    if part.what == "grid level":
        return conv_bn(*channels, 1)
    if part.what == "level":
        return (
            Resampled(*channels, 1, int(part.drop)) if part.drop >= 1 else Resampled(*channels, int(1 / part.drop), 1)
        )
    if part.what == "output":
        return nn.Conv2d(*channels, 1)
    return build_operator(part.what, *channels, int(part.drop))


def layout_parts(layout: Layout, input_size: int, output_channels: int) -> Iterator[tuple[str, Part]]:
    """(row, part) of all that the network of a layout is made of; row: "stem", a layer's name, "neck" or "output"."""
    yield "stem", Part("stem", 3, layout.stem_width, input_size, 2)
    for place in (place for places in (*layout.stage_layers(), layout.head_layers()) for place in places):
        if place.name.startswith("stage") and place.name.endswith(".0"):
            yield place.name, layer_part(layout, place, "projection", input_size)
        for name in place.operators:
            yield place.name, layer_part(layout, place, name, input_size)
    for name, block in layout.levels.items():
        if name in (*layout.neck, layout.grid):
            what, drop = "grid level" if name == layout.grid else "level", layout.head.stride / block.stride
            yield "neck", Part(what, block.width, layout.head.width, input_size // block.stride, drop)
    yield "output", Part("output", layout.head.width, output_channels, input_size // layout.head.stride)


def layer_part(layout: Layout, place: Place, what: str, input_size: int) -> Part:
    """An operator, or the projection, of a layer of a layout."""
    block = place.name.split(".")[0]
    stride = layout.head.stride if block == "head" else layout.levels[block].stride
    return Part(what, place.in_channels, place.out_channels, input_size * place.drop // stride, place.drop)


def count_macs(network: PoseNetwork, input_size: int) -> int:
    """macs of one pass over an image of input_size x input_size pixels."""
    counts: list[int] = []
    leaves = [module for module in network.modules() if not list(module.children())]
    handles = [leaf.register_forward_hook(_recorder(counts, leaf_macs)) for leaf in leaves]
    for layer in (*network.layers.values(), network.neck):
        handles += [op.register_forward_hook(_recorder(counts, _sum_macs)) for op in layer.operators.values()]
    training = network.training
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, input_size, input_size))
    network.train(training)
    for handle in handles:
        handle.remove()
    return sum(counts)


def _recorder(
    counts: list[int], count: Callable[[nn.Module, Tensor], int]
) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def record(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        counts.append(count(module, output))

    return record


def _sum_macs(module: nn.Module, output: Tensor) -> int:
    return output.numel()


def leaf_macs(module: nn.Module, output: Tensor) -> int:
    """macs of one leaf module that gave `output` (batch of one). Raises TypeError for a module that no rule covers."""
    values = output.numel()
    if isinstance(module, nn.Conv2d):
        kernel = module.kernel_size[0] * module.kernel_size[1]
        return values * kernel * module.in_channels // module.groups
    if isinstance(module, nn.AvgPool2d):
        side = module.kernel_size if isinstance(module.kernel_size, int) else module.kernel_size[0]
        return values * side * side
    if isinstance(module, nn.Upsample):
        return values * 4
    if isinstance(module, FREE):
        return 0
    raise TypeError(f"no cost rule for {type(module).__name__}: add one to training/space/cost.py")
