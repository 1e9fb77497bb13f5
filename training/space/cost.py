"""Multiply-accumulates of every operator, counted over the real module at its real resolution.

Convolutions count their multiply-accumulates; a sum counts one a value, bilinear upsampling four, average pooling one
for each value read. Batch norm counts nothing: it is folded into the convolution when the network is exported.
Activations count nothing. Anything else is refused, so nothing goes uncounted in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.space.network import PoseNetwork

FREE = (nn.BatchNorm2d, nn.ReLU, nn.Identity)


@dataclass(frozen=True)
class NetworkCost:
    """macs of one pass: `base` without any gated operator, and each operator's own, (n_gates,) in the gates' order."""

    base: int
    operators: list[int]

    @property
    def total(self) -> int:
        """macs with every operator open."""
        return self.base + sum(self.operators)


def count_macs(network: PoseNetwork, input_size: int) -> NetworkCost:
    """Count one pass over an image of input_size x input_size pixels."""
    counts: dict[str, int] = {}
    names = {module: name for name, module in network.named_modules() if not list(module.children())}
    handles = [module.register_forward_hook(_recorder(counts, name)) for module, name in names.items()]
    for name, module in _summed_operators(network).items():
        handles.append(module.register_forward_hook(_sum_recorder(counts, name)))
    training = network.training
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, input_size, input_size))
    network.train(training)
    for handle in handles:
        handle.remove()
    operators = [sum(n for leaf, n in counts.items() if _within(leaf, op)) for op in _operator_names(network)]
    return NetworkCost(sum(counts.values()) - sum(operators), operators)


def _operator_names(network: PoseNetwork) -> list[str]:
    modules = {module: name for name, module in network.named_modules()}
    return [modules[op] for _, layer in network.gated_layers() for op in layer.operators.values()]


def _summed_operators(network: PoseNetwork) -> dict[str, nn.Module]:
    modules = dict(network.named_modules())
    return {f"{name}.sum": modules[name] for name in _operator_names(network)}


def _within(leaf: str, operator: str) -> bool:
    return leaf.startswith(operator + ".")


def _recorder(counts: dict[str, int], name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def record(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        counts[name] = counts.get(name, 0) + leaf_macs(module, output)

    return record


def _sum_recorder(counts: dict[str, int], name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def record(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        counts[name] = output.numel()

    return record


def leaf_macs(module: nn.Module, output: Tensor) -> int:
    """macs of one leaf module that gave `output` (batch of one). Raises TypeError for a module that no rule covers."""
    values = output.numel()
    if isinstance(module, nn.Conv2d):
        kernel = module.kernel_size[0] * module.kernel_size[1]
        return values * kernel * module.in_channels // module.groups
    if isinstance(module, nn.AvgPool2d):
        side = module.kernel_size if isinstance(module.kernel_size, int) else module.kernel_size[0]
        return values * side * side
    if isinstance(module, nn.Upsample):
        return values * 4
    if isinstance(module, FREE):
        return 0
    raise TypeError(f"no cost rule for {type(module).__name__}: add one to training/space/cost.py")
