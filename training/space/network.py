"""The pose network: the supernet with all candidates, or a chosen architecture; the same code for both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.space.layer import FusionLayer, GatedLayer
from training.space.operators import conv_bn
from training.space.space import Architecture, Space


class PoseGrid(NamedTuple):
    """Output for a batch; h, w are the input's size divided by the stride.

    class_logits: (N, n_objects, h, w).  keypoint_offsets: (N, 2 n_keypoints, h, w) x0, y0, x1, ... from the cell's
    centre, in strides.  keypoint_log_scales: (N, n_keypoints, h, w), log of the Laplace scale in strides.
    surface_coordinates: (N, 3, h, w), the place of what a cell sees in the object's box, -0.5 to 0.5 (NOCS, Wang et al.
    2019).  surface_log_scales: (N, 1, h, w), log of their Laplace scale, in boxes.
    """

    class_logits: Tensor
    keypoint_offsets: Tensor
    keypoint_log_scales: Tensor
    surface_coordinates: Tensor
    surface_log_scales: Tensor


class PoseNetwork(nn.Module):
    """Stem, stages, neck and head; (N, 3, H, W) normalised RGB in, `PoseGrid` out. H, W: multiples of 32."""

    def __init__(
        self, space: Space, open_operators: Mapping[str, Sequence[str]], n_objects: int, n_keypoints: int
    ) -> None:
        super().__init__()
        self.space, self.n_objects, self.n_keypoints = space, n_objects, n_keypoints
        self.stem = nn.Sequential(conv_bn(3, space.stem_width, 3, 2), nn.ReLU(inplace=True))
        self.layers = nn.ModuleDict()
        widths = [space.stem_width, *space.stage_widths]
        for stage, count in enumerate(space.stage_layers):
            for layer in range(count):
                name, first = f"stage{stage + 1}.{layer}", layer == 0
                source = widths[stage] if first else widths[stage + 1]
                built = GatedLayer(source, widths[stage + 1], 2 if first else 1, open_operators[name])
                self.layers[name.replace(".", "_")] = built
        self.neck = self._build_neck(open_operators["neck"])
        for layer in range(space.head_layers):
            name, width = f"head.{layer}", space.head_width
            self.layers[name.replace(".", "_")] = GatedLayer(width, width, 1, open_operators[name])
        self.channels = [n_objects, 2 * n_keypoints, n_keypoints, 3, 1]
        self.output = nn.Conv2d(space.head_width, sum(self.channels), 1)
        self._start_output()

    def _build_neck(self, fused: Sequence[str]) -> FusionLayer:
        space = self.space
        levels = [f"stage{s + 1}" for s in range(len(space.stage_widths))]
        grid = levels[space.strides.index(space.grid_stride)]
        kept = [level for level in levels if level == grid or level in fused]
        channels = {level: space.stage_widths[levels.index(level)] for level in kept}
        strides = {level: space.strides[levels.index(level)] for level in kept}
        return FusionLayer(grid, channels, strides, space.head_width)

    def _start_output(self) -> None:
        """Few cells show an object, and all is unsure: Laplace scales of about e strides, and of 1 / e boxes."""
        starts = (-math.log(9.0), 0.0, 1.0, 0.0, -1.0)
        values = [value for value, count in zip(starts, self.channels, strict=True) for _ in range(count)]
        with torch.no_grad():
            self.output.bias.copy_(torch.tensor(values))  # type: ignore[union-attr]

    def gated_layers(self) -> Iterator[tuple[str, GatedLayer | FusionLayer]]:
        """(name, layer) in the order of `Space.candidates` and of the gates."""
        layers = dict(self.layers.items())
        for name in self.space.candidates():
            layer = self.neck if name == "neck" else layers[name.replace(".", "_")]
            assert isinstance(layer, (GatedLayer, FusionLayer))
            yield name, layer

    def forward(self, x: Tensor, gates: Sequence[Tensor | float] | None = None) -> PoseGrid:
        """gates: one value an operator in the order of `gated_layers`; without them every operator is open."""
        return self.read_out(self.features(x, gates))

    def features(self, x: Tensor, gates: Sequence[Tensor | float] | None = None) -> Tensor:
        """(N, head_width, h, w): all but the last convolution; gates as in `forward`."""
        values = self._split(gates)
        x = self.stem(x)
        features: dict[str, Tensor] = {}
        for stage, count in enumerate(self.space.stage_layers):
            for layer in range(count):
                x = self.layers[f"stage{stage + 1}_{layer}"](x, values[f"stage{stage + 1}.{layer}"])
            features[f"stage{stage + 1}"] = x
        x = self.neck(features, values["neck"])
        for layer in range(self.space.head_layers):
            x = self.layers[f"head_{layer}"](x, values[f"head.{layer}"])
        return x

    def read_out(self, features: Tensor) -> PoseGrid:
        """The last convolution; kept apart since its numbers are pixels, which bfloat16 would round."""
        return PoseGrid(*self.output(features).split(self.channels, dim=1))

    def _split(self, gates: Sequence[Tensor | float] | None) -> dict[str, Sequence[Tensor | float]]:
        values, first = {}, 0
        for name, layer in self.gated_layers():
            count = len(layer.operators)
            values[name] = [1.0] * count if gates is None else gates[first : first + count]
            first += count
        return values


def build_supernet(space: Space, n_objects: int, n_keypoints: int) -> PoseNetwork:
    """The network with every candidate operator of the space."""
    return PoseNetwork(space, space.candidates(), n_objects, n_keypoints)


def build_network(architecture: Architecture) -> PoseNetwork:
    """The network of an architecture: open operators only."""
    return PoseNetwork(
        architecture.space, architecture.open_operators, architecture.n_objects, architecture.n_keypoints
    )


def inherit_weights(network: PoseNetwork, supernet_state: Mapping[str, Tensor]) -> None:
    """Copy the weights of the supernet's operators that the network has; all of the network's are found there."""
    network.load_state_dict({name: supernet_state[name] for name in network.state_dict()})
