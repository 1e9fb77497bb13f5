"""The network of a layout: shapes, layers without operators, and weights inherited."""

import pytest
import torch

from training.space.layout import Block, Layout
from training.space.network import PoseNetwork
from training.space.space import Space

LAYOUT = Layout(
    8,
    (Block(8, 4, (("conv3x3",),)), Block(12, 8, ((), ("conv1x1", "separable3x3"))), Block(16, 16, (("conv1x1",),))),
    ("stage3",),
    Block(12, 8, ((),)),
)


@pytest.mark.parametrize(("height", "width"), [(128, 128), (64, 96)])
def test_grid_has_the_declared_channels_and_stride(height: int, width: int) -> None:
    grid = PoseNetwork(Space(), LAYOUT, 2, 5).eval()(torch.zeros(1, 3, height, width))
    assert grid.class_logits.shape == (1, 2, height // 8, width // 8)
    assert grid.keypoint_offsets.shape == (1, 10, height // 8, width // 8)
    assert grid.keypoint_log_scales.shape == (1, 5, height // 8, width // 8)


def test_layer_without_operator_disappears() -> None:
    network = PoseNetwork(Space(), LAYOUT, 1, 4).eval()
    features = torch.rand(1, 12, 8, 8)
    assert torch.equal(network.layers["head_0"](features), features)


def test_levels_that_are_not_fused_are_not_there() -> None:
    names = PoseNetwork(Space(), LAYOUT, 1, 4).state_dict()
    assert any(name.startswith("neck.operators.stage3.projection") for name in names)
    assert not any(name.startswith("neck.operators.stage1") for name in names)
