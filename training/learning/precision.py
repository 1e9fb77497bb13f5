"""One forward pass of a network in training, in float32 or in bfloat16."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from training.space.network import PoseGrid, PoseNetwork


def coordinate_head(network: PoseNetwork) -> nn.Conv2d:
    """The auxiliary head of surface coordinates, (N, 3, h, w) from the features; it is no part of the network."""
    return nn.Conv2d(network.space.head_width, 3, 1)


def forward(
    network: PoseNetwork,
    head: nn.Module,
    images: Tensor,
    bfloat16: bool,
    gates: Sequence[Tensor | float] | None = None,
) -> tuple[PoseGrid, Tensor]:
    """The grid and the coordinates of the auxiliary `head`, float32.

    bfloat16 wants channels last, float32 the default layout (depthwise convolutions 4 times faster on CPUs).
    """
    layout = torch.channels_last if bfloat16 else torch.contiguous_format
    with torch.autocast(images.device.type, torch.bfloat16, enabled=bfloat16):
        features = network.features(images.contiguous(memory_format=layout), gates)
    features = features.float()  # what follows are pixels and metres, which bfloat16 would round
    return network.read_out(features), head(features)
