"""Hand-designed networks: within 5 % of the budget, never above it, and they run."""

import pytest
import torch

from training.errors import BudgetError
from training.space.cost import count_macs
from training.space.hand_designed import HAND_DESIGNED, scaled_to
from training.space.network import PoseNetwork
from training.space.space import Space


@pytest.mark.parametrize("budget", [20_000_000, 40_000_000, 80_000_000, 160_000_000])
@pytest.mark.parametrize("name", HAND_DESIGNED)
def test_design_fills_the_budget(name: str, budget: int) -> None:
    layout, macs = scaled_to(HAND_DESIGNED[name], budget, 128, 43)
    network = PoseNetwork(Space(), layout, 1, 12)
    assert count_macs(network, 128) == macs
    assert 0.95 * budget <= macs <= budget
    assert network.eval()(torch.zeros(1, 3, 128, 128)).class_logits.shape == (1, 1, 16, 16)


def test_budget_below_the_narrowest_is_refused() -> None:
    with pytest.raises(BudgetError, match="plain: expected a budget from"):
        scaled_to(HAND_DESIGNED["plain"], 1000, 128, 43)
