"""Counted multiply-accumulates against hand-computed numbers and an independent counter."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from training.space.cost import count_macs, leaf_macs
from training.space.network import PoseNetwork, build_supernet
from training.space.operators import OPERATORS, conv_bn
from training.space.space import Space

SMALL = Space(
    stem_width=4,
    stage_widths=(8, 8),
    stage_layers=(1, 1),
    operators=("conv1x1",),
    head_width=8,
    head_layers=1,
    head_operators=("conv3x3",),
)


def test_network_cost_equals_hand_count() -> None:
    cost = count_macs(build_supernet(SMALL, n_objects=1, n_keypoints=4), input_size=32)
    stem = 16 * 16 * 4 * 3 * 9
    shortcut1 = 8 * 8 * 4 * 4 + 8 * 8 * 8 * 4  # 2x2 average pooling, then 1x1
    shortcut2 = 4 * 4 * 8 * 4 + 4 * 4 * 8 * 8
    neck_shortcut, output = 4 * 4 * 8 * 8, 4 * 4 * 17 * 8
    assert cost.base == stem + shortcut1 + shortcut2 + neck_shortcut + output
    operator1 = 8 * 8 * 8 * 4 + 8 * 8 * 8  # 1x1 with stride 2, and the sum
    operator2 = 4 * 4 * 8 * 8 + 4 * 4 * 8
    fused = 4 * 4 * 8 * 4 + 4 * 4 * 8 * 8 + 4 * 4 * 8  # pooling, 1x1, sum
    head = 4 * 4 * 8 * 8 * 9 + 4 * 4 * 8
    assert cost.operators == [operator1, operator2, fused, head]
    assert cost.total == cost.base + operator1 + operator2 + fused + head


def test_convolutions_agree_with_the_counter_of_pytorch() -> None:
    space = Space(operators=tuple(OPERATORS), head_operators=tuple(OPERATORS))
    network = build_supernet(space, 2, 9).eval()
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 3, 64, 64))
    convolutions = counter.get_total_flops() / 2
    handles, counts = [], []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            handles.append(module.register_forward_hook(lambda m, _, out: counts.append(leaf_macs(m, out))))
    network(torch.zeros(1, 3, 64, 64))
    assert sum(counts) == convolutions
    assert 0 < count_macs(network, 64).total - convolutions < 0.05 * convolutions


def test_cost_grows_with_the_area() -> None:
    network = build_supernet(Space(), 1, 8)
    assert count_macs(network, 128).total == 4 * count_macs(network, 64).total


def test_closed_operators_cost_nothing() -> None:
    space = Space()
    nothing = {name: [] for name in space.candidates()}
    supernet_cost = count_macs(build_supernet(space, 1, 8), 64)
    assert count_macs(PoseNetwork(space, nothing, 1, 8), 64).total == supernet_cost.base


def test_module_without_a_rule_is_refused() -> None:
    with pytest.raises(TypeError, match="no cost rule for MaxPool2d"):
        leaf_macs(nn.MaxPool2d(2), torch.zeros(1, 1, 2, 2))


def test_depthwise_convolution_counts_one_channel() -> None:
    assert leaf_macs(conv_bn(6, 6, 3, groups=6)[0], torch.zeros(1, 6, 5, 5)) == 5 * 5 * 6 * 9
