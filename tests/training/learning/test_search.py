"""A whole small search: the budget holds, a killed run ends as an unbroken one, a planted operator is found."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
import yaml

from training.errors import BudgetError, RunError
from training.learning.search import search
from training.learning.search_settings import SearchSettings
from training.space.cost import NetworkCost, count_macs
from training.space.gates import BudgetGates
from training.space.network import build_network
from training.space.space import load_architecture

REPOSITORY = Path(__file__).parents[3]


def test_derived_network_is_within_the_budget(search_run: Path, search_settings: SearchSettings) -> None:
    architecture = load_architecture(search_run / "architecture.json")
    network = build_network(architecture)
    assert architecture.macs == count_macs(network, 64).total
    assert architecture.macs <= search_settings.budget_macs
    assert architecture.params == sum(p.numel() for p in network.parameters())
    values = json.loads((search_run / "architecture.json").read_text())
    assert values["flops"] == 2 * values["macs"]


def test_run_folder_holds_what_repeats_the_run(search_run: Path, search_settings: SearchSettings) -> None:
    settings = yaml.safe_load((search_run / "settings.yaml").read_text())
    assert settings["budget_macs"] == search_settings.budget_macs
    assert settings["space"]["stage_widths"] == list(search_settings.space.stage_widths)
    ranking = json.loads((search_run / "ranking.json").read_text())
    assert [r["loss"] for r in ranking] == sorted(r["loss"] for r in ranking)


def test_killed_search_resumes_to_the_same_architecture(
    search_run: Path, search_settings: SearchSettings, tmp_path: Path
) -> None:
    again = replace(search_settings, out=str(tmp_path / "run"))
    config = tmp_path / "search.yaml"
    config.write_text(yaml.safe_dump(json.loads(json.dumps(asdict(again)))))
    process = subprocess.Popen(
        [sys.executable, "training/search.py", "--config", str(config)], cwd=REPOSITORY, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "run/checkpoint.pt").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "run/architecture.json").exists()
    search(again)
    expected, got = (json.loads((run / "ranking.json").read_text()) for run in (search_run, tmp_path / "run"))
    assert got == expected


def test_settings_that_changed_are_refused(search_run: Path, search_settings: SearchSettings) -> None:
    with pytest.raises(RunError, match="holds a run with another steps; use another --out or remove it"):
        search(replace(search_settings, steps=9))


def test_budget_below_the_space_is_refused_before_anything_is_read(
    search_settings: SearchSettings, tmp_path: Path
) -> None:
    with pytest.raises(BudgetError, match="budget_macs: 10 is infeasible, the smallest network"):
        search(replace(search_settings, budget_macs=10, out=str(tmp_path / "none"), dataset="missing"))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("budget", [300, 600])
def test_gate_of_a_planted_useful_operator_opens(budget: int) -> None:
    """Noisy straight-through gradients of a task in which one costly operator of twelve lowers the loss."""
    gates = BudgetGates(NetworkCost(0, [100] * 12), budget)
    optimiser = torch.optim.Adam(gates.parameters(), lr=0.05)
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        sample = gates.sample_straight_through(0.5, 0.7, generator)
        noise = 0.1 * torch.randn(12, generator=generator)
        loss = (1 - sample[5]) + (noise * sample).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    p = gates.probabilities(0.5).detach()
    assert p[5] > 0.9
    assert p[5] > 2 * p[torch.arange(12) != 5].mean()
    assert gates.expected_macs(0.5) == pytest.approx(budget)
