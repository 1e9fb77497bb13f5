"""A layer of the search space: a shortcut that is always there plus the sum of the open operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn import functional

from training.space.operators import build_operator, conv_bn


class GatedLayer(nn.Module):
    """relu(shortcut + sum of operators, each times its gate).

    The shortcut is the identity where shapes allow, so a layer with no open operator disappears; elsewhere it is a
    cheap projection (pooling and 1x1): every combination of gates gives a working network, and the cost stays a plain
    sum over the gates.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, operators: Sequence[str]) -> None:
        super().__init__()
        self.shortcut = _shortcut(in_channels, out_channels, stride)
        built = {name: build_operator(name, in_channels, out_channels, stride) for name in operators}
        self.operators = nn.ModuleDict(built)

    def forward(self, x: Tensor, gates: Sequence[Tensor | float]) -> Tensor:
        """x: (N, C, H, W). gates: one value an operator; an operator whose gate is the number 0 is not computed."""
        total = self.shortcut(x)
        for gate, operator in zip(gates, self.operators.values(), strict=True):
            total = _add_gated(total, operator, x, gate)
        return functional.relu(total)


class FusionLayer(nn.Module):
    """Neck: features of several levels, each through an operator of its own, summed at the grid's resolution."""

    def __init__(self, grid: str, channels: Mapping[str, int], strides: Mapping[str, int], out_channels: int) -> None:
        super().__init__()
        self.grid = grid
        self.shortcut = conv_bn(channels[grid], out_channels, 1)
        self.operators = nn.ModuleDict(
            {level: _Resampled(channels[level], out_channels, strides[level], strides[grid]) for level in channels}
        )
        del self.operators[grid]

    def forward(self, features: Mapping[str, Tensor], gates: Sequence[Tensor | float]) -> Tensor:
        """features: (N, C_level, H_level, W_level) by level. Returns (N, out_channels, H, W) of the grid's level."""
        total = self.shortcut(features[self.grid])
        for gate, (level, operator) in zip(gates, self.operators.items(), strict=True):
            total = _add_gated(total, operator, features[level], gate)
        return functional.relu(total)


class _Resampled(nn.Module):
    """1x1 projection of one level, brought to the grid's resolution."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, grid_stride: int) -> None:
        super().__init__()
        self.projection = conv_bn(in_channels, out_channels, 1)
        self.resample: nn.Module
        if stride < grid_stride:
            factor = grid_stride // stride
            self.resample = nn.AvgPool2d(factor, factor)
        else:
            self.resample = nn.Upsample(scale_factor=stride // grid_stride, mode="bilinear", align_corners=False)

    def forward(self, x: Tensor) -> Tensor:
        if isinstance(self.resample, nn.AvgPool2d):
            return self.projection(self.resample(x))  # pooled first: the projection is then cheaper
        return self.resample(self.projection(x))


def _shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    projection = conv_bn(in_channels, out_channels, 1)
    return projection if stride == 1 else nn.Sequential(nn.AvgPool2d(stride, stride), projection)


def _add_gated(total: Tensor, operator: nn.Module, x: Tensor, gate: Tensor | float) -> Tensor:
    if isinstance(gate, Tensor):
        return total + operator(x) * gate
    return total + operator(x) if gate else total
