"""The pose network of one layout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.space.architecture import Architecture
from training.space.layer import FusionLayer, GatedLayer
from training.space.layout import Layout
from training.space.operators import conv_bn
from training.space.space import Space


class PoseGrid(NamedTuple):
    """Output for a batch; h, w are the input's size divided by the stride.

    class_logits: (N, n_objects, h, w).  keypoint_offsets: (N, 2 n_keypoints, h, w) x0, y0, x1, ... from the cell's
    centre, in strides.  keypoint_log_scales: (N, n_keypoints, h, w), log of the Laplace scale in strides.
    surface_coordinates: (N, 3, h, w), the place of what a cell sees in the object's box, -0.5 to 0.5 (NOCS, Wang et al.
    2019).  surface_log_scales: (N, 1, h, w), log of their Laplace scale, in boxes.
    log_sizes: (N, 1, h, w), log of how large the object appears (`training.learning.distance_loss.log_sizes`).
    size_log_scales: (N, 1, h, w), log of its Laplace scale.
    """

    class_logits: Tensor
    keypoint_offsets: Tensor
    keypoint_log_scales: Tensor
    surface_coordinates: Tensor
    surface_log_scales: Tensor
    log_sizes: Tensor
    size_log_scales: Tensor


class PoseNetwork(nn.Module):
    """Stem, stages, neck and head; (N, 3, H, W) normalised RGB in, `PoseGrid` out. H, W: multiples of 32."""

    def __init__(self, space: Space, layout: Layout, n_objects: int, n_keypoints: int) -> None:
        super().__init__()
        self.space, self.layout, self.n_objects, self.n_keypoints = space, layout, n_objects, n_keypoints
        self.stem = nn.Sequential(conv_bn(3, layout.stem_width, 3, 2), nn.ReLU(inplace=True))
        self.layers = nn.ModuleDict()
        for place in (place for places in (*layout.stage_layers(), layout.head_layers()) for place in places):
            projects = place.name.startswith("stage") and place.name.endswith(".0")
            self.layers[module_name(place.name)] = GatedLayer(*place[1:], projects)
        kept = {name: block for name, block in layout.levels.items() if name in (*layout.neck, layout.grid)}
        channels = {name: block.width for name, block in kept.items()}
        strides = {name: block.stride for name, block in kept.items()}
        self.neck = FusionLayer(layout.grid, channels, strides, layout.head.width)
        self.channels = grid_channels(n_objects, n_keypoints)
        self.output = build_output(layout.head.width, self.channels)

    def forward(self, x: Tensor) -> PoseGrid:
        """x: (N, 3, H, W)."""
        return self.read_out(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """(N, head_width, h, w): all but the last convolution."""
        x = self.stem(x)
        features: dict[str, Tensor] = {}
        for name, places in zip(self.layout.levels, self.layout.stage_layers(), strict=True):
            for place in places:
                x = self.layers[module_name(place.name)](x)
            features[name] = x
        x = self.neck(features)
        for place in self.layout.head_layers():
            x = self.layers[module_name(place.name)](x)
        return x

    def read_out(self, features: Tensor) -> PoseGrid:
        """The last convolution; kept apart since its numbers are pixels, which bfloat16 would round."""
        return PoseGrid(*self.output(features).split(self.channels, dim=1))


def module_name(layer: str) -> str:
    """The layer's name among the modules, where a dot means another thing."""
    return layer.replace(".", "_")


def grid_channels(n_objects: int, n_keypoints: int) -> list[int]:
    """Channels of each part of `PoseGrid`."""
    return [n_objects, 2 * n_keypoints, n_keypoints, 3, 1, 1, 1]


def build_output(width: int, channels: list[int]) -> nn.Conv2d:
    """Few cells show an object, and all is unsure: Laplace scales of e strides, 1 / e boxes, and 1 / e of log sizes."""
    output = nn.Conv2d(width, sum(channels), 1)
    starts = (-math.log(9.0), 0.0, 1.0, 0.0, -1.0, 0.0, -1.0)
    values = [value for value, count in zip(starts, channels, strict=True) for _ in range(count)]
    with torch.no_grad():
        output.bias.copy_(torch.tensor(values))  # type: ignore[union-attr]
    return output


def build_network(architecture: Architecture) -> PoseNetwork:
    """The network of an architecture."""
    return PoseNetwork(architecture.space, architecture.layout, architecture.n_objects, architecture.n_keypoints)


def inherit_weights(network: PoseNetwork, supernet_state: Mapping[str, Tensor]) -> None:
    """Copy the supernet's weights, of which narrower layers take the first channels. Raises KeyError, RuntimeError."""
    state = {}
    for name, own in network.state_dict().items():
        source = name if name in supernet_state else _of_the_grid(name, network.layout.grid)
        value = supernet_state[source]
        state[name] = value[tuple(slice(size) for size in own.shape)] if value.ndim == own.ndim else value
    network.load_state_dict(state)


def _of_the_grid(name: str, grid: str) -> str:
    """In the supernet any level may be the grid's, so that its shortcut is the projection of that level."""
    return name.replace("neck.shortcut.", f"neck.{grid}.projection.").replace("neck.operators.", "neck.")
