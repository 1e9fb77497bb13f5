"""Folding: the same numbers from fewer multiplications."""

import pytest
import torch
from torch import nn

from training.space.cost import count_macs
from training.space.folding import Linear, add, as_module, covers, fold, linear_of
from training.space.layout import Block, Layout
from training.space.network import PoseNetwork
from training.space.operators import build_operator, conv_bn
from training.space.space import Space


def used(network: nn.Module) -> nn.Module:
    """Batch norms as after training."""
    generator = torch.Generator().manual_seed(3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values, low, high in (
                (module.weight, 0.5, 1.5),
                (module.bias, -0.5, 0.5),
                (module.running_mean, -0.5, 0.5),
                (module.running_var, 0.3, 2.0),
            ):
                values.data.copy_(low + (high - low) * torch.rand(values.shape, generator=generator))
    return network.eval()


LAYERS = {
    "all plain": ("conv1x1", "conv3x3", "conv5x5"),
    "dilated within 5x5": ("conv1x1", "conv3x3_dilated", "conv5x5"),
    "dilated alone takes 1x1": ("conv1x1", "conv3x3_dilated"),
    "dilated beside 3x3": ("conv3x3", "conv3x3_dilated"),
    "with others": ("conv3x3", "separable3x3", "fused3x3_half"),
    "nothing linear": ("separable3x3",),
}


@pytest.mark.parametrize("operators", LAYERS.values(), ids=LAYERS)
def test_folded_network_gives_the_same_and_costs_less(operators: tuple[str, ...]) -> None:
    torch.manual_seed(0)
    layout = Layout(8, (Block(8, 4, (operators, operators)), Block(12, 4, (operators,)), Block(16, 8, (operators,))),
                    ("stage1",), Block(12, 8, (operators,)))  # fmt: skip
    network = used(PoseNetwork(Space(), layout, 1, 4))
    folded, image = fold(network), torch.randn(2, 3, 64, 64)
    for want, got in zip(network(image), folded(image), strict=True):
        torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4)
    linear = any(linear_of(build_operator(name, 4, 4, 1)) is not None for name in operators)
    assert (count_macs(folded, 64) < count_macs(network, 64)) == linear


def test_saved_macs_of_1x1_3x3_and_identity_are_those_of_the_1x1_and_the_sums() -> None:
    layout = Layout(8, (Block(8, 4, ((), ("conv1x1", "conv3x3"))), Block(8, 8, ((),))), (), Block(8, 8, ()))
    network = used(PoseNetwork(Space(), layout, 1, 4))
    cells = 16 * 16
    assert count_macs(network, 64) - count_macs(fold(network), 64) == cells * 8 * 8 + 2 * cells * 8


def test_depthwise_branches_stay_depthwise() -> None:
    torch.manual_seed(0)
    pair = [used(conv_bn(6, 6, kernel, groups=6)) for kernel in (5, 3)]
    branches = [linear_of(module) for module in pair]
    assert branches[0] is not None
    assert branches[1] is not None
    assert covers(*branches)
    folded, image = as_module(add(*branches)), torch.randn(1, 6, 9, 9)
    assert folded.groups == 6
    torch.testing.assert_close(folded(image), pair[0](image) + pair[1](image), rtol=1e-5, atol=1e-5)


def test_dense_kernel_takes_a_depthwise_one_but_not_the_reverse() -> None:
    dense, depthwise = (linear_of(used(conv_bn(6, 6, 3, groups=groups))) for groups in (1, 6))
    assert isinstance(dense, Linear)
    assert isinstance(depthwise, Linear)
    assert covers(dense, depthwise)
    assert not covers(depthwise, dense)
