"""One forward pass of a network in training, in float32 or in bfloat16."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from training.space.network import PoseGrid, PoseNetwork
from training.space.supernet import Supernet


def forward(network: PoseNetwork | Supernet, images: Tensor, bfloat16: bool, *choice: Any) -> PoseGrid:
    """The grid, float32. choice: what of a supernet is computed, as its `forward` takes it.

    bfloat16 wants channels last, float32 the default layout (depthwise convolutions 4 times faster on CPUs).
    """
    layout = torch.channels_last if bfloat16 else torch.contiguous_format
    with torch.autocast(images.device.type, torch.bfloat16, enabled=bfloat16):
        features = network.features(images.contiguous(memory_format=layout), *choice)
    return network.read_out(features.float())  # what follows are pixels and metres, which bfloat16 would round
