"""The supernet: a layout computed in it equals the network built for it, and what is closed costs nothing."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.space.conftest import tiny_space
from training.space.layout import layout_of
from training.space.network import PoseNetwork, inherit_weights
from training.space.operators import OPERATORS
from training.space.sampling import draw, straight_through
from training.space.space import Head, Stage
from training.space.supernet import Supernet

SPACE = tiny_space(
    stem_widths=(8, 12),
    stages=(Stage((8, 12), (1, 2)), Stage((8, 16), (1, 2, 3), (1, 2)), Stage((12, 24), (1, 2), (1, 2))),
    operators=tuple(OPERATORS),
    head=Head((12, 16), (0, 1, 2)),
)
DRAWN = draw(SPACE, torch.full((SPACE.n_logits,), 0.4), 6, np.random.default_rng(0))


@pytest.mark.parametrize("choice", list(DRAWN))
def test_layout_in_the_supernet_equals_the_network_of_that_layout(choice: np.ndarray) -> None:
    torch.manual_seed(0)
    supernet, layout, image = Supernet(SPACE, 1, 4), layout_of(SPACE, choice), torch.randn(3, 3, 64, 64)
    network = PoseNetwork(SPACE, layout, 1, 4).train()
    inherit_weights(network, supernet.state_dict())
    for want, got in zip(network(image), supernet(image, layout), strict=True):
        torch.testing.assert_close(got, want)


def test_gates_of_zero_and_one_equal_the_layout() -> None:
    supernet, image, choice = Supernet(SPACE, 1, 4), torch.randn(2, 3, 64, 64), DRAWN[0]
    layout = layout_of(SPACE, choice)
    p = torch.full((SPACE.n_logits,), 0.4, dtype=torch.float64)
    gates = straight_through(SPACE, p, choice, 0.7, np.random.default_rng(0))
    for want, got in zip(supernet(image, layout), supernet(image, layout, gates), strict=True):
        torch.testing.assert_close(got, want)


def test_only_weights_of_open_operators_get_a_gradient() -> None:
    supernet, layout = Supernet(SPACE, 1, 4), layout_of(SPACE, DRAWN[1])
    sum(part.sum() for part in supernet(torch.randn(2, 3, 64, 64), layout)).backward()
    opened = {place.name: place.operators for row in (*layout.stage_layers(), layout.head_layers()) for place in row}
    for name, layer in supernet.layers.items():
        for operator_name, operator in layer.operators.items():
            trained = any(p.grad is not None for p in operator.parameters())
            assert trained == (operator_name in opened.get(name.replace("_", "."), ()))


def test_weights_beyond_the_width_rest() -> None:
    supernet, layout = Supernet(SPACE, 1, 4), layout_of(SPACE, DRAWN[2])
    sum(part.sum() for part in supernet(torch.randn(2, 3, 64, 64), layout)).backward()
    stem = supernet.stem[0][0]
    assert isinstance(stem, nn.Conv2d)
    assert stem.weight.grad is not None
    assert not bool(stem.weight.grad[layout.stem_width :].any())
