"""Candidate operators of a layer, each linear at its end (batch norm, no activation), so that they can be summed."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from training.errors import SettingsError
from training.space.convolution import Convolution

Builder = Callable[[int, int, int], nn.Module]


def conv_bn(
    in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1, dilation: int = 1
) -> nn.Sequential:
    """Convolution that keeps the size (divided by `stride`), with batch norm."""
    padding = dilation * (kernel // 2)
    convolution = Convolution(
        in_channels, out_channels, kernel, stride, padding, dilation=dilation, groups=groups, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels))


def _convolution(kernel: int, dilation: int = 1) -> Builder:
    return lambda i, o, stride: conv_bn(i, o, kernel, stride, dilation=dilation)


def _separable(kernel: int) -> Builder:
    """Depthwise then pointwise (MobileNet, Howard et al. 2017)."""
    return lambda i, o, stride: nn.Sequential(
        conv_bn(i, i, kernel, stride, groups=i), nn.ReLU(inplace=True), conv_bn(i, o, 1)
    )


def _inverted(kernel: int, expansion: int) -> Builder:
    """Expand, depthwise, project (MobileNetV2, Sandler et al. 2018)."""

    def build(i: int, o: int, stride: int) -> nn.Module:
        wide = i * expansion
        return nn.Sequential(
            conv_bn(i, wide, 1),
            nn.ReLU(inplace=True),
            conv_bn(wide, wide, kernel, stride, groups=wide),
            nn.ReLU(inplace=True),
            conv_bn(wide, o, 1),
        )

    return build


def _fused(kernel: int, expansion: float) -> Builder:
    """Expand with a full convolution, project (EfficientNetV2, Tan and Le 2021)."""

    def build(i: int, o: int, stride: int) -> nn.Module:
        wide = int(i * expansion)
        return nn.Sequential(conv_bn(i, wide, kernel, stride), nn.ReLU(inplace=True), conv_bn(wide, o, 1))

    return build


def _pool(i: int, o: int, stride: int) -> nn.Module:
    return nn.Sequential(nn.AvgPool2d(3, stride, 1), conv_bn(i, o, 1))


OPERATORS: dict[str, Builder] = {
    "conv1x1": _convolution(1),
    "conv3x3": _convolution(3),
    "conv3x3_dilated": _convolution(3, dilation=2),
    "conv5x5": _convolution(5),
    "separable3x3": _separable(3),
    "separable5x5": _separable(5),
    "separable7x7": _separable(7),
    "mbconv3x3_e2": _inverted(3, 2),
    "mbconv5x5_e2": _inverted(5, 2),
    "mbconv3x3_e4": _inverted(3, 4),
    "fused3x3_half": _fused(3, 0.5),
    "fused3x3_e2": _fused(3, 2.0),
    "pool3x3": _pool,
}


def check_operator(name: str) -> None:
    """Raises SettingsError for a name that the space does not know."""
    if name not in OPERATORS:
        raise SettingsError(f"operator: expected one of {', '.join(OPERATORS)}, got {name!r}")


def build_operator(name: str, in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """An operator by its name. Raises SettingsError for a name that the space does not know."""
    check_operator(name)
    return OPERATORS[name](in_channels, out_channels, stride)
