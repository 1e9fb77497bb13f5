"""A layer: a shortcut that is always there plus the sum of its operators; and the neck, a sum over levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn import functional

from training.space.operators import build_operator, conv_bn


class GatedLayer(nn.Module):
    """relu(shortcut + sum of operators).

    The shortcut of a stage's first layer is a cheap projection (pooling and 1x1), of every other the identity: any set
    of operators gives a working network.
    """

    def __init__(
        self, in_channels: int, out_channels: int, drop: int, operators: Sequence[str], projects: bool
    ) -> None:
        """drop: by how much the layer lowers the resolution, 1 or 2."""
        super().__init__()
        self.shortcut = projection(in_channels, out_channels, drop) if projects else nn.Identity()
        built = {name: build_operator(name, in_channels, out_channels, drop) for name in operators}
        self.operators = nn.ModuleDict(built)

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, C, H, W)."""
        total = self.shortcut(x)
        for operator in self.operators.values():
            total = total + operator(x)
        return functional.relu(total)


class FusionLayer(nn.Module):
    """Neck: features of several levels, each through an operator of its own, summed at the grid's resolution."""

    def __init__(self, grid: str, channels: Mapping[str, int], strides: Mapping[str, int], out_channels: int) -> None:
        """channels, strides (input pixels a cell): of each level, the grid's included."""
        super().__init__()
        self.grid = grid
        self.shortcut = conv_bn(channels[grid], out_channels, 1)
        self.operators = nn.ModuleDict(
            {
                level: Resampled(channels[level], out_channels, strides[level], strides[grid])
                for level in channels
                if level != grid
            }
        )

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """features: (N, C_level, H_level, W_level) by level. Returns (N, out_channels, H, W) of the grid's level."""
        total = self.shortcut(features[self.grid])
        for level, operator in self.operators.items():
            total = total + operator(features[level])
        return functional.relu(total)


class Resampled(nn.Module):
    """1x1 projection of one level, brought to the grid's resolution."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, grid_stride: int) -> None:
        """stride, grid_stride: input pixels a cell."""
        super().__init__()
        self.projection = conv_bn(in_channels, out_channels, 1)
        self.resample: nn.Module = nn.Identity()
        if stride < grid_stride:
            factor = grid_stride // stride
            self.resample = nn.AvgPool2d(factor, factor)
        elif stride > grid_stride:
            self.resample = nn.Upsample(scale_factor=stride // grid_stride, mode="bilinear", align_corners=False)

    def forward(self, x: Tensor) -> Tensor:
        if isinstance(self.resample, nn.AvgPool2d):
            return self.projection(self.resample(x))  # pooled first: the projection is then cheaper
        return self.resample(self.projection(x))


def projection(in_channels: int, out_channels: int, drop: int) -> nn.Sequential:
    """Pooling by `drop` and a 1x1 convolution."""
    pool = nn.AvgPool2d(drop, drop) if drop > 1 else nn.Identity()
    return nn.Sequential(pool, conv_bn(in_channels, out_channels, 1))
