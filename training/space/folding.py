"""Parallel linear branches that meet in a sum are one convolution: folded after training, exactly.

A convolution with batch norm in evaluation mode is linear, and so are the identity and the pooled projection. A branch
is laid into another one whose kernel has all of its taps, so that folding never adds a multiplication (RepVGG, Ding et
al. 2021; Diverse Branch Block, Ding et al. 2021).
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from training.space.layer import GatedLayer
from training.space.network import PoseNetwork

SHORTCUT = "shortcut"


class Linear(NamedTuple):
    """A convolution in double precision.

    weight: (out, in / groups, k, k), k odd, zero between the taps of a dilated one.  bias: (out,).
    """

    weight: Tensor
    bias: Tensor
    stride: int
    groups: int
    dilation: int

    @property
    def taps(self) -> Tensor:
        """(k, k) True where the kernel multiplies."""
        side = self.weight.shape[-1]
        rows = torch.arange(side) % self.dilation == 0
        return rows[:, None] & rows[None]


def fold(network: PoseNetwork) -> PoseNetwork:
    """A copy in evaluation mode that has one convolution where a layer had several linear branches."""
    folded = copy.deepcopy(network).eval()
    for layer in folded.layers.values():
        assert isinstance(layer, GatedLayer)
        _fold_layer(layer)
    return folded


def _fold_layer(layer: GatedLayer) -> None:
    """The branch with most taps takes in what it covers, then the next one."""
    branches = {name: branch for name, op in layer.operators.items() if (branch := linear_of(op)) is not None}
    if not branches:
        return
    branches[SHORTCUT] = _shortcut_as(layer.shortcut, next(iter(branches.values())))
    left = sorted(branches, key=lambda name: (name == SHORTCUT, -int(branches[name].taps.sum())))
    while left:
        target, *others = left
        covered = [name for name in others if covers(branches[target], branches[name])]
        if covered:
            summed = branches[target]
            for name in covered:
                summed = add(summed, branches[name])
            _replace(layer, target, covered, as_module(summed))
        left = [name for name in others if name not in covered]


def _replace(layer: GatedLayer, target: str, covered: list[str], module: nn.Module) -> None:
    for name in (target, *covered):
        if name != SHORTCUT:
            del layer.operators[name]
    if SHORTCUT in covered:
        layer.shortcut = module
    else:
        layer.operators[target] = module


def linear_of(operator: nn.Module) -> Linear | None:
    """The operator as one convolution; None where it has an activation or more than one convolution in it."""
    leaves = [leaf for leaf in operator.modules() if not list(leaf.children())]
    is_one = len(leaves) == 2 and isinstance(leaves[0], nn.Conv2d) and isinstance(leaves[1], nn.BatchNorm2d)
    return _conv_bn(*leaves) if is_one else None


def covers(target: Linear, branch: Linear) -> bool:
    """Whether the branch can be laid into the target's kernel."""
    margin = target.weight.shape[-1] - branch.weight.shape[-1]
    fitting = target.stride == branch.stride and target.groups in (1, branch.groups)
    if margin < 0 or not fitting:
        return False
    used = (branch.weight != 0).flatten(0, 1).any(dim=0)
    return not bool((_padded(used, margin) & ~target.taps).any())


def add(target: Linear, branch: Linear) -> Linear:
    """The sum of the target and a branch that it covers."""
    weight = branch.weight if branch.groups == target.groups else _dense(branch)
    margin = target.weight.shape[-1] - weight.shape[-1]
    return target._replace(weight=target.weight + _padded(weight, margin), bias=target.bias + branch.bias)


def as_module(branch: Linear) -> nn.Conv2d:
    """The convolution, float32."""
    taps = branch.weight[:, :, :: branch.dilation, :: branch.dilation]
    out, inside, side, _ = taps.shape
    padding = branch.dilation * (side // 2)
    module = nn.Conv2d(
        inside * branch.groups, out, side, branch.stride, padding, dilation=branch.dilation, groups=branch.groups
    )
    with torch.no_grad():
        module.weight.copy_(taps)
        module.bias.copy_(branch.bias)  # type: ignore[union-attr]
    return module


def _shortcut_as(shortcut: nn.Module, beside: Linear) -> Linear:
    """The shortcut of a layer in which `beside` is one of the operators."""
    if isinstance(shortcut, nn.Identity):
        return _identity(len(beside.weight))
    projected = _conv_bn(*shortcut[1])
    if beside.stride == 1:
        return projected
    weight = pad((projected.weight / 4).expand(-1, -1, 2, 2), (1, 0, 1, 0))  # the mean of 2x2 cells, as a 3x3 kernel
    return projected._replace(weight=weight, stride=beside.stride)


def _identity(channels: int) -> Linear:
    weight = torch.ones(channels, 1, 1, 1, dtype=torch.float64)
    return Linear(weight, torch.zeros(channels, dtype=torch.float64), 1, channels, 1)


def _conv_bn(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> Linear:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = (norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()).detach()
    weight = convolution.weight.detach().double() * scale[:, None, None, None]
    bias = norm.bias.detach().double() - norm.running_mean.double() * scale
    dilation = convolution.dilation[0]
    return Linear(_spread(weight, dilation), bias, convolution.stride[0], convolution.groups, dilation)


def _spread(weight: Tensor, dilation: int) -> Tensor:
    side = dilation * (weight.shape[-1] - 1) + 1
    wide = weight.new_zeros(*weight.shape[:2], side, side)
    wide[:, :, ::dilation, ::dilation] = weight
    return wide


def _padded(kernel: Tensor, margin: int) -> Tensor:
    return pad(kernel, (margin // 2,) * 4)


def _dense(branch: Linear) -> Tensor:
    """The weight of the same convolution with one group."""
    out, inside, side, _ = branch.weight.shape
    dense = branch.weight.new_zeros(out, inside * branch.groups, side, side)
    for channel in range(out):
        first = channel // (out // branch.groups) * inside
        dense[channel, first : first + inside] = branch.weight[channel]
    return dense
