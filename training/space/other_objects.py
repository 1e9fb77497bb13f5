"""A network found for one set of objects, for another set: all but the classes of its last convolution stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from training.space.architecture import Architecture
from training.space.cost import count_macs
from training.space.network import build_network


def for_objects(architecture: Architecture, n_objects: int) -> Architecture:
    """The same layout with a class for each of `n_objects`, counted anew; the budget is still the one searched for."""
    if architecture.n_objects == n_objects:
        return architecture
    fitted = replace(architecture, n_objects=n_objects)
    network = build_network(fitted)
    macs = count_macs(network, fitted.input_size)
    return replace(fitted, macs=macs, params=sum(p.numel() for p in network.parameters()))


def with_classes(state: Mapping[str, Tensor], before: int, n_objects: int) -> dict[str, Tensor]:
    """Weights of a network of `before` objects for one of `n_objects`: each new class starts as the mean of the old."""
    fitted = dict(state)
    if before != n_objects:
        for name in ("output.weight", "output.bias"):
            classes, rest = state[name][:before], state[name][before:]
            mean = classes.mean(dim=0, keepdim=True)
            fitted[name] = torch.cat([mean.expand(n_objects, *mean.shape[1:]), rest])
    return fitted
