"""The network: shapes, gates that switch operators off, inherited weights."""

import pytest
import torch

from training.space.network import PoseNetwork, build_network, build_supernet, inherit_weights
from training.space.space import Architecture, Space

SPACE = Space(
    stem_width=8,
    stage_widths=(8, 12, 16),
    stage_layers=(1, 2, 1),
    operators=("conv1x1", "conv3x3", "separable3x3"),
    head_width=12,
    head_layers=1,
    head_operators=("conv1x1", "conv3x3"),
)
OPEN = {
    "stage1.0": ["conv3x3"],
    "stage2.0": [],
    "stage2.1": ["conv1x1", "separable3x3"],
    "stage3.0": ["conv1x1"],
    "neck": ["stage3"],
    "head.0": [],
}


def gate_values(space: Space) -> list[float]:
    return [float(op in OPEN[name]) for name, operators in space.candidates().items() for op in operators]


@pytest.mark.parametrize(("height", "width"), [(128, 128), (64, 96)])
def test_grid_has_the_declared_channels_and_stride(height: int, width: int) -> None:
    grid = build_supernet(SPACE, 2, 5).eval()(torch.zeros(1, 3, height, width))
    assert grid.class_logits.shape == (1, 2, height // 8, width // 8)
    assert grid.keypoint_offsets.shape == (1, 10, height // 8, width // 8)
    assert grid.keypoint_log_scales.shape == (1, 5, height // 8, width // 8)


def test_gated_supernet_equals_the_derived_network() -> None:
    torch.manual_seed(0)
    supernet = build_supernet(SPACE, 1, 4)
    for _ in range(3):
        supernet(torch.randn(4, 3, 64, 64))
    derived = build_network(Architecture(SPACE, OPEN, 1, 4, 64, 1, 1, 1))
    inherit_weights(derived, supernet.state_dict())
    image = torch.randn(2, 3, 64, 64)
    expected = supernet.eval()(image, gate_values(SPACE))
    for want, got in zip(expected, derived.eval()(image), strict=True):
        torch.testing.assert_close(got, want)


def test_tensor_gates_equal_number_gates() -> None:
    torch.manual_seed(0)
    supernet, image = build_supernet(SPACE, 1, 4).eval(), torch.randn(1, 3, 64, 64)
    values = gate_values(SPACE)
    tensors = list(torch.tensor(values).unbind())
    for want, got in zip(supernet(image, values), supernet(image, tensors), strict=True):
        torch.testing.assert_close(got, want)


def test_closed_operator_is_not_computed() -> None:
    supernet = build_supernet(SPACE, 1, 4).eval()
    seen: list[str] = []
    for name, layer in supernet.gated_layers():
        for operator_name, operator in layer.operators.items():
            operator.register_forward_hook(lambda *_, key=(name, operator_name): seen.append(key))
    supernet(torch.zeros(1, 3, 64, 64), gate_values(SPACE))
    assert seen == [(name, operator) for name in SPACE.candidates() for operator in OPEN[name]]


def test_layer_without_open_operator_disappears() -> None:
    network = PoseNetwork(SPACE, OPEN, 1, 4).eval()
    features = torch.rand(1, 12, 8, 8)
    assert torch.equal(network.layers["head_0"](features, []), features)
