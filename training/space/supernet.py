"""The network with every candidate at its greatest width; a layout says what of it is computed.

A narrower layer takes the first channels of the widest (slimmable networks, Yu et al. 2019), so that what is closed,
cut off or left out costs no time. Batch norm always uses the batch's statistics: those of one layout say little of
another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn import functional

from training.space.convolution import convolve
from training.space.layer import GatedLayer, Resampled
from training.space.layout import Layout, Place
from training.space.network import PoseGrid, build_output, grid_channels, module_name
from training.space.operators import conv_bn
from training.space.space import Space, stage_name

Gates = Mapping[str, Sequence[Tensor]]
"""Layer name, or "neck" -> a factor for each candidate. All candidates are then computed."""


class Supernet(nn.Module):
    """All of a space; (N, 3, H, W) normalised RGB and a layout in, `PoseGrid` out. H, W: multiples of 32."""

    def __init__(self, space: Space, n_objects: int, n_keypoints: int) -> None:
        super().__init__()
        self.space, self.n_objects, self.n_keypoints = space, n_objects, n_keypoints
        self.stem = nn.Sequential(conv_bn(3, space.stem_widths[-1], 3, 2), nn.ReLU(inplace=True))
        widths = [space.stem_widths[-1], *(stage.widths[-1] for stage in space.stages)]
        self.layers = nn.ModuleDict()
        for index, stage in enumerate(space.stages):
            for layer in range(stage.depths[-1]):
                before = widths[index] if layer == 0 else widths[index + 1]
                drop = stage.strides[-1] if layer == 0 else 1
                built = GatedLayer(before, widths[index + 1], drop, space.operators_of(index), layer == 0)
                self.layers[module_name(f"{stage_name(index)}.{layer}")] = built
        head = space.head.widths[-1]
        levels = {stage_name(index): Resampled(width, head, 1, 1) for index, width in enumerate(widths[1:])}
        self.neck = nn.ModuleDict(levels)
        for layer in range(space.head.depths[-1]):
            built = GatedLayer(head, head, 1, space.operators_of_head, False)
            self.layers[module_name(f"head.{layer}")] = built
        self.channels = grid_channels(n_objects, n_keypoints)
        self.output = build_output(head, self.channels)

    def forward(self, x: Tensor, layout: Layout, gates: Gates | None = None) -> PoseGrid:
        """gates: factors for all candidates of the layout's layers; None: its own operators and levels, by 1."""
        return self.read_out(self.features(x, layout, gates))

    def features(self, x: Tensor, layout: Layout, gates: Gates | None = None) -> Tensor:
        """(N, head_width, h, w): all but the last convolution; arguments as in `forward`."""
        x = run_elastic(self.stem, x, layout.stem_width, 2)
        features: dict[str, Tensor] = {}
        for name, places in zip(layout.levels, layout.stage_layers(), strict=True):
            for place in places:
                x = self._layer(x, place, gates)
            features[name] = x
        x = self._fuse(features, layout, gates)
        for place in layout.head_layers():
            x = self._layer(x, place, gates)
        return x

    def read_out(self, features: Tensor) -> PoseGrid:
        """The last convolution; kept apart since its numbers are pixels, which bfloat16 would round."""
        weight = self.output.weight[:, : features.shape[1]]
        return PoseGrid(*functional.conv2d(features, weight, self.output.bias).split(self.channels, dim=1))

    def _layer(self, x: Tensor, place: Place, gates: Gates | None) -> Tensor:
        layer = self.layers[module_name(place.name)]
        assert isinstance(layer, GatedLayer)
        total = x
        if not isinstance(layer.shortcut, nn.Identity):
            pooled = functional.avg_pool2d(x, place.drop) if place.drop > 1 else x
            total = run_elastic(layer.shortcut[1], pooled, place.out_channels, 1)
        if gates is None:
            for name in place.operators:
                total = total + run_elastic(layer.operators[name], x, place.out_channels, place.drop)
        else:
            for gate, operator in zip(gates[place.name], layer.operators.values(), strict=True):
                total = total + run_elastic(operator, x, place.out_channels, place.drop) * gate
        return functional.relu(total)

    def _fuse(self, features: Mapping[str, Tensor], layout: Layout, gates: Gates | None) -> Tensor:
        grid, width = layout.grid, layout.head.width
        total = self._level(features[grid], grid, 1.0, width)
        for index, name in enumerate(self.neck):
            if name != grid and name in (layout.neck if gates is None else features):
                level = self._level(features[name], name, layout.levels[name].stride / layout.head.stride, width)
                total = total + (level if gates is None else level * gates["neck"][index])
        return functional.relu(total)

    def _level(self, x: Tensor, name: str, scale: float, width: int) -> Tensor:
        if scale < 1:
            x = functional.avg_pool2d(x, round(1 / scale))
        x = run_elastic(self.neck[name].projection, x, width, 1)
        return functional.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False) if scale > 1 else x


def run_elastic(operator: nn.Module, x: Tensor, out_channels: int, drop: int) -> Tensor:
    """What the operator built for x's channels, out_channels and drop computes, with the first of this one's channels.

    operator: convolutions, batch norms, activations and pools, one after another.
    """
    leaves = [leaf for leaf in operator.modules() if not list(leaf.children())]
    convolutions = [leaf for leaf in leaves if isinstance(leaf, nn.Conv2d)]
    for leaf in leaves:
        if isinstance(leaf, nn.Conv2d):
            inside = x.shape[1] * leaf.out_channels // leaf.in_channels
            x = _convolve(leaf, x, out_channels if leaf is convolutions[-1] else inside, drop)
        elif isinstance(leaf, nn.BatchNorm2d):
            count = x.shape[1]
            x = functional.batch_norm(x, None, None, leaf.weight[:count], leaf.bias[:count], True)
        elif isinstance(leaf, nn.AvgPool2d):
            x = functional.avg_pool2d(x, leaf.kernel_size, _stride(leaf, drop), leaf.padding)
        else:
            x = leaf(x)
    return x


def _convolve(convolution: nn.Conv2d, x: Tensor, out_channels: int, drop: int) -> Tensor:
    depthwise = convolution.groups > 1
    weight = convolution.weight[:out_channels, : 1 if depthwise else x.shape[1]]
    groups = out_channels if depthwise else 1
    return convolve(x, weight, _stride(convolution, drop), convolution.padding, convolution.dilation[0], groups)


def _stride(leaf: nn.Conv2d | nn.AvgPool2d, drop: int) -> int:
    """Only what was built to lower the resolution does so, and by as much as it is told."""
    built = leaf.stride if isinstance(leaf.stride, int) else leaf.stride[0]
    return drop if built > 1 else 1
