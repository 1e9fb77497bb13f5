"""Deriving: never above the budget, and the exact optimum of the logits."""

import itertools

import numpy as np
import pytest
import torch

from training.learning.derive import best_by_logits, sample_architectures
from training.space.cost import NetworkCost
from training.space.gates import BudgetGates, architecture_macs

COST = NetworkCost(base=500, operators=[130, 410, 270, 90, 350, 60, 220, 180])
BUDGET = 1500


def gates() -> BudgetGates:
    built = BudgetGates(COST, BUDGET)
    built.logits.data.copy_(torch.tensor([0.3, 2.0, -0.5, 0.1, 1.0, -1.2, 0.8, 0.4], dtype=torch.float64))
    return built


def test_samples_lie_within_the_budget_window() -> None:
    found = sample_architectures(gates(), COST, 0.5, 12, np.random.default_rng(0))
    assert len(found) == len(set(found)) == 12
    macs = [architecture_macs(COST, chosen) for chosen in found[1:]]
    assert all(0.95 * BUDGET <= m <= BUDGET for m in macs)
    assert architecture_macs(COST, found[0]) <= BUDGET


def test_best_by_logits_equals_enumeration() -> None:
    built = gates()
    worth = built.logits.detach().numpy() - float(built.logits.min()) + 1e-3
    allowed = [g for g in itertools.product((0, 1), repeat=8) if architecture_macs(COST, g) <= BUDGET]
    expected = max(allowed, key=lambda g: float(np.dot(worth, g)))
    assert best_by_logits(built) == expected


def test_same_seed_gives_the_same_samples() -> None:
    first, second = (sample_architectures(gates(), COST, 0.5, 6, np.random.default_rng(3)) for _ in range(2))
    assert first == second


def test_expected_cost_of_samples_is_near_the_budget() -> None:
    found = sample_architectures(gates(), COST, 0.5, 30, np.random.default_rng(1))
    assert np.mean([architecture_macs(COST, g) for g in found]) == pytest.approx(BUDGET, rel=0.05)
