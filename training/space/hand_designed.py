"""Networks as a person would draw them, scaled in width to a budget: what a search has to beat.

All have the stem, the strides 4, 8, 16 and 32, the fusion of every level and the output of the searched ones.
"""

from __future__ import annotations

from collections.abc import Callable

from training.errors import BudgetError
from training.space.cost import layout_parts, part_macs
from training.space.layout import Block, Layout

WIDEST = 64.0
"""Greatest scale of the widths below."""


def mobilenet_v2_like(scale: float) -> Layout:
    """Inverted bottlenecks with shortcuts, as many as MobileNetV2 has at these strides (Sandler et al. 2018)."""
    rows = [(16, 2), (24, 3), (48, 4), (80, 3)]
    return _layout(16, rows, "mbconv3x3_e4", 48, ["separable3x3"] * 2, scale)


def plain(scale: float) -> Layout:
    """3x3 convolutions only, with shortcuts."""
    return _layout(12, [(16, 2), (32, 2), (64, 2), (96, 2)], "conv3x3", 32, ["conv3x3"] * 2, scale)


def wdrnet_tiny_h_like(scale: float) -> Layout:
    """WDRNet with DarkNet-tiny-H (Guo et al. 2023): one convolution a stage, and most of the cost in a wide head."""
    return _layout(8, [(16, 1), (32, 1), (64, 1), (128, 1)], "conv3x3", 64, ["conv3x3"] * 4, scale)


HAND_DESIGNED: dict[str, Callable[[float], Layout]] = {
    "MobileNetV2-like": mobilenet_v2_like,
    "plain": plain,
    "WDRNet-DarkNet-tiny-H-like": wdrnet_tiny_h_like,
}


def scaled_to(
    design: Callable[[float], Layout], budget_macs: int, input_size: int, output_channels: int
) -> tuple[Layout, int]:
    """The widest network of a design within a budget, and its macs. Raises BudgetError where none is."""

    def macs(scale: float) -> int:
        return sum(part_macs(part) for _, part in layout_parts(design(scale), input_size, output_channels))

    low, high = 0.0, WIDEST
    if macs(low) > budget_macs:
        raise BudgetError(f"{design.__name__}: expected a budget from {macs(low):,} macs, got {budget_macs:,}")
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if macs(middle) <= budget_macs else (low, middle)
    return design(low), macs(low)


def _layout(
    stem: int, rows: list[tuple[int, int]], operator: str, head: int, head_operators: list[str], scale: float
) -> Layout:
    stages = tuple(
        Block(_scaled(width, scale), 4 * 2**index, ((operator,),) * count) for index, (width, count) in enumerate(rows)
    )
    heads = tuple((name,) for name in head_operators)
    return Layout(_scaled(stem, scale), stages, ("stage1", "stage3", "stage4"), Block(_scaled(head, scale), 8, heads))


def _scaled(width: int, scale: float) -> int:
    return max(4, round(width * scale))
