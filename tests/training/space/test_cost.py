"""Counted multiply-accumulates against hand-computed numbers and an independent counter."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tests.training.space.conftest import tiny_space
from training.space.cost import Part, build_part, count_macs, leaf_macs, part_macs
from training.space.layout import Block, Layout, layout_of
from training.space.network import PoseNetwork
from training.space.operators import OPERATORS, conv_bn
from training.space.sampling import draw
from training.space.space import Space


def convolutions(module: nn.Module, image: torch.Tensor) -> float:
    """macs of the convolutions by PyTorch's own counter."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(image)
    return counter.get_total_flops() / 2


def other_values(module: nn.Module, image: torch.Tensor) -> int:
    """macs of pools and resizes, by hand: values read, and four a value."""
    found: list[int] = []
    for leaf in module.modules():
        if isinstance(leaf, nn.AvgPool2d):
            leaf.register_forward_hook(lambda m, _, out: found.append(out.numel() * int(m.kernel_size) ** 2))
        if isinstance(leaf, nn.Upsample):
            leaf.register_forward_hook(lambda m, _, out: found.append(4 * out.numel()))
    with torch.no_grad():
        module.eval()(image)
    return sum(found)


def test_network_cost_equals_hand_count() -> None:
    stages = (Block(8, 4, (("conv1x1",),)), Block(8, 8, (("conv1x1",),)))
    layout = Layout(4, stages, ("stage1",), Block(8, 8, (("conv3x3",),)))
    stem = 16 * 16 * 4 * 3 * 9
    shortcut1 = 8 * 8 * 4 * 4 + 8 * 8 * 8 * 4  # 2x2 average pooling, then 1x1
    shortcut2 = 4 * 4 * 8 * 4 + 4 * 4 * 8 * 8
    neck_shortcut, output = 4 * 4 * 8 * 8, 4 * 4 * 19 * 8
    operator1 = 8 * 8 * 8 * 4 + 8 * 8 * 8  # 1x1 with stride 2, and the sum
    operator2 = 4 * 4 * 8 * 8 + 4 * 4 * 8
    fused = 4 * 4 * 8 * 4 + 4 * 4 * 8 * 8 + 4 * 4 * 8  # pooling, 1x1, sum
    head = 4 * 4 * 8 * 8 * 9 + 4 * 4 * 8
    expected = stem + shortcut1 + shortcut2 + neck_shortcut + output + operator1 + operator2 + fused + head
    assert count_macs(PoseNetwork(Space(), layout, 1, 4), 32) == expected


@pytest.mark.parametrize("drop", [1, 2])
@pytest.mark.parametrize("name", OPERATORS)
def test_operator_agrees_with_the_counter_of_pytorch(name: str, drop: int) -> None:
    part = Part(name, 8, 12, 16, drop)
    module, image = build_part(part), torch.zeros(1, 8, 16, 16)
    summed = 12 * (16 // drop) ** 2
    assert part_macs(part) == convolutions(module, image) + other_values(module, image) + summed


@pytest.mark.parametrize("seed", range(4))
def test_whole_networks_agree_with_the_counter_of_pytorch(seed: int) -> None:
    space = tiny_space(operators=tuple(OPERATORS))
    p = torch.full((space.n_logits,), 0.5)
    layout = layout_of(space, draw(space, p, 1, np.random.default_rng(seed))[0])
    network, image = PoseNetwork(space, layout, 2, 9), torch.zeros(1, 3, 64, 64)
    sums: list[int] = []
    for layer in (*network.layers.values(), network.neck):
        for operator in layer.operators.values():
            operator.register_forward_hook(lambda _m, _i, out: sums.append(out.numel()))
    counted = convolutions(network, image) + sum(sums)
    sums.clear()
    assert count_macs(network, 64) == counted + other_values(network, image)


def test_cost_grows_with_the_area() -> None:
    layout = Layout(4, (Block(8, 4, (("conv3x3",),)), Block(8, 8, (("pool3x3",),))), (), Block(8, 8, ()))
    network = PoseNetwork(Space(), layout, 1, 8)
    assert count_macs(network, 128) == 4 * count_macs(network, 64)


def test_module_without_a_rule_is_refused() -> None:
    with pytest.raises(TypeError, match="no cost rule for MaxPool2d"):
        leaf_macs(nn.MaxPool2d(2), torch.zeros(1, 1, 2, 2))


def test_depthwise_convolution_counts_one_channel() -> None:
    assert leaf_macs(conv_bn(6, 6, 3, groups=6)[0], torch.zeros(1, 6, 5, 5)) == 5 * 5 * 6 * 9
