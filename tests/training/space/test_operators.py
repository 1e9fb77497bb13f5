"""Operators: a gradient is right in the layout and precision of a training."""

import pytest
import torch
from torch import nn

from training.space.operators import OPERATORS, build_operator
from training.space.supernet import run_elastic


@pytest.mark.parametrize("drop", [1, 2])
@pytest.mark.parametrize("channels", [16, 24, 40])
@pytest.mark.parametrize("name", OPERATORS)
def test_gradient_in_bfloat16_channels_last_is_that_of_float32(name: str, channels: int, drop: int) -> None:
    torch.manual_seed(0)
    operator = build_operator(name, channels, channels, drop)
    images = torch.randn(8, channels, 32, 32)
    expected = weight_gradients(operator, operator(images))
    with torch.autocast("cpu", torch.bfloat16):
        rounded = images.contiguous(memory_format=torch.channels_last)
        own, elastic = operator(rounded), run_elastic(operator, rounded, channels, drop)
    for output in (own, elastic):
        found = weight_gradients(operator, output.float())
        assert found.isfinite().all()
        assert float(torch.cosine_similarity(found, expected, dim=0)) > 0.99


def weight_gradients(operator: nn.Module, output: torch.Tensor) -> torch.Tensor:
    """Of one fixed loss, all weights in a row."""
    wanted = torch.linspace(-1, 1, output.numel()).view_as(output)
    weights = [module.weight for module in operator.modules() if isinstance(module, nn.Conv2d)]
    gradients = torch.autograd.grad((output * wanted).sum(), weights)
    return torch.cat([gradient.flatten() for gradient in gradients])
