"""Convolutions as PyTorch's CPU kernels compute them rightly and fast in bfloat16 and channels last."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

BLOCK = 16


class Convolution(nn.Conv2d):
    """Without bias."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, in_channels, H, W)."""
        return convolve(x, self.weight, self.stride[0], self.padding, self.dilation[0], self.groups)


def convolve(
    x: Tensor, weight: Tensor, stride: int, padding: str | tuple[int, ...], dilation: int, groups: int
) -> Tensor:
    """`functional.conv2d`, around two faults of PyTorch 2.13 (oneDNN) in bfloat16 on CPUs.

    Of a dilated convolution in channels last, weights of channels beyond the last whole block of 16 get NaN for a
    gradient. The gradient of a depthwise one that lowers the resolution takes 10 to 25 times as long as in float32.
    """
    if dilation > 1 and x.shape[1] % BLOCK:
        x = x.contiguous()
    if groups > 1 and stride > 1 and x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):
            precise = functional.conv2d(x.float(), weight, None, stride, padding, dilation, groups)
        return precise.to(torch.bfloat16)
    return functional.conv2d(x, weight, None, stride, padding, dilation, groups)
