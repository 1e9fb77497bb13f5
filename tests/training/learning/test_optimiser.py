"""Weights move as Muon and AdamW say, and a resumed optimiser goes on as if nothing had happened."""

from copy import deepcopy

import numpy as np
import torch
from torch import nn

from training.learning.optimiser import WeightOptimiser

RATE, DECAY = 0.01, 0.1


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(16, 24, 3, bias=False), nn.BatchNorm2d(24), nn.Conv2d(24, 4, 1))


def step(built: nn.Sequential, optimiser: WeightOptimiser, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in built.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    optimiser.set_rate(RATE)
    optimiser.step()
    optimiser.zero_grad()


def test_convolution_moves_by_an_orthogonal_matrix_of_adamws_size() -> None:
    built = network()
    before = built[0].weight.detach().clone()
    step(built, WeightOptimiser(built, built[2], DECAY), seed=1)
    moved = (before * (1 - RATE * DECAY) - built[0].weight.detach()).view(24, -1).numpy() / RATE
    singular = np.linalg.svd(moved, compute_uv=False)
    assert singular.max() / singular.min() < 2  # the gradient's own ratio is about 3
    assert 0.1 < np.sqrt((moved**2).mean()) < 0.3  # 0.2, as AdamW's updates have


def test_the_rest_moves_as_adamw() -> None:
    built, twin = network(), network()
    rest = [twin[1].weight, twin[1].bias, twin[2].bias]
    adamw = torch.optim.AdamW(
        [{"params": [twin[2].weight], "weight_decay": DECAY}, {"params": rest, "weight_decay": 0.0}], lr=RATE
    )
    step(built, WeightOptimiser(built, built[2], DECAY), seed=1)
    generator = torch.Generator().manual_seed(1)
    for parameter in twin.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    adamw.step()
    for name in ("1.weight", "1.bias", "2.weight", "2.bias"):
        torch.testing.assert_close(built.get_parameter(name), twin.get_parameter(name))


def test_resumed_optimiser_goes_on_the_same() -> None:
    built, resumed = network(), network()
    optimiser = WeightOptimiser(built, built[2], DECAY)
    step(built, optimiser, seed=1)
    resumed.load_state_dict(built.state_dict())
    other = WeightOptimiser(resumed, resumed[2], DECAY)
    other.load_state_dict(deepcopy(optimiser.state_dict()))
    step(built, optimiser, seed=2)
    step(resumed, other, seed=2)
    for one, two in zip(built.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, two)
