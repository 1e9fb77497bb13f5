"""A whole small search: the budget holds, a killed run ends as an unbroken one, bad runs say why."""

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

from tests.patience import PATIENCE_S
from training.data.crops import load_crops
from training.errors import BudgetError, RunError, SettingsError
from training.learning.run_folder import RunFolder
from training.learning.search import cost_table, search, split_crops
from training.learning.search_settings import SearchSettings
from training.learning.supernet_search import SupernetSearch
from training.space.architecture import load_architecture
from training.space.cost import count_macs
from training.space.network import build_network

REPOSITORY = Path(__file__).parents[3]


def test_derived_network_is_within_the_budget(search_run: Path, search_settings: SearchSettings) -> None:
    architecture = load_architecture(search_run / "architecture.json")
    network = build_network(architecture)
    assert architecture.macs == count_macs(network, 64)
    assert 0.95 * search_settings.budget_macs <= architecture.macs <= search_settings.budget_macs
    assert architecture.params == sum(p.numel() for p in network.parameters())
    network.load_state_dict(torch.load(search_run / "initial_weights.pt", weights_only=True))
    values = json.loads((search_run / "architecture.json").read_text())
    assert values["flops"] == 2 * values["macs"]


def test_run_folder_holds_what_repeats_the_run(search_run: Path, search_settings: SearchSettings) -> None:
    settings = yaml.safe_load((search_run / "settings.yaml").read_text())
    assert settings["budget_macs"] == search_settings.budget_macs
    assert settings["space"]["stages"][1]["widths"] == [12, 16]
    ranked = json.loads((search_run / "ranking.json").read_text())
    losses = [r["loss"] for r in ranked["ranking"] if r["source"] == "gates"]
    assert losses == sorted(losses)
    assert [r["source"] for r in ranked["ranking"]] == ["gates"] * len(losses) + ["proposed"]
    last = [training for training in ranked["finals"] if training["round"] == ranked["finals"][-1]["round"]]
    assert ranked["loss"] == min(training["loss"] for training in last)


def test_killed_search_resumes_to_the_same_architecture(
    search_run: Path, search_settings: SearchSettings, tmp_path: Path
) -> None:
    again = replace(search_settings, out=str(tmp_path / "run"))
    config = tmp_path / "search.yaml"
    config.write_text(yaml.safe_dump(json.loads(json.dumps(asdict(again)))))
    process = subprocess.Popen(
        [sys.executable, "training/search.py", "--config", str(config)], cwd=REPOSITORY, start_new_session=True
    )
    deadline = time.monotonic() + PATIENCE_S
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
    with pytest.raises(BudgetError, match="budget: 10 is infeasible, the smallest network"):
        search(replace(search_settings, budget_macs=10, out=str(tmp_path / "none"), dataset="missing"))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("method", ["penalty", "softmax", "random"])
def test_baselines_meet_the_budget_too(search_settings: SearchSettings, tmp_path: Path, method: str) -> None:
    short = replace(search_settings, out=str(tmp_path), steps=4, warmup_steps=2, finalist_steps=0)
    if method == "softmax":
        short = replace(short, space=replace(short.space, exclusive=True), method=method, estimator="straight_through")
    settings = replace(short, method=method)
    architecture = search(settings)
    assert 0.95 * settings.budget_macs <= architecture.macs <= settings.budget_macs
    if method == "softmax":
        layers = [layer for block in architecture.layout.stages for layer in block.layers]
        assert {len(layer) for layer in layers} == {1}


def test_straight_through_estimator_runs_a_whole_search(search_settings: SearchSettings, tmp_path: Path) -> None:
    settings = replace(search_settings, estimator="straight_through", gate_samples=2, out=str(tmp_path))
    assert search(settings).macs <= settings.budget_macs


def test_loss_that_is_not_finite_stops_with_step_batch_and_gates(
    search_settings: SearchSettings, tmp_path: Path
) -> None:
    settings = replace(search_settings, out=str(tmp_path))
    crops = split_crops(load_crops(settings.dataset, ("train",), 5, 64), 1)
    searching = SupernetSearch(settings, cost_table(settings, 1), crops, RunFolder(tmp_path, settings))
    with torch.no_grad():
        searching.supernet.output.bias[0] = torch.nan
    with pytest.raises(
        RunError, match=r"step 0: expected a finite loss, got nan; batch and gates are in .*failed_step"
    ):
        searching.train()
    saved = torch.load(tmp_path / "failed_step.pt", weights_only=True)
    assert saved["images"].shape == (8, 3, 64, 64)
    assert len(saved["logits"]) == settings.space.n_logits


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gate_samples": 1}, "gate_samples: expected at least 2"),
        ({"cost": "latency"}, "cost: expected table and budget_ms with latency"),
        ({"devices": 3}, r"batch_size: expected a multiple of all devices \(3\), got 8"),
        ({"method": "softmax"}, "space.exclusive: expected true with method softmax"),
        ({"dataset": ""}, "dataset: expected a folder, got none"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    search_settings: SearchSettings, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        replace(search_settings, **changes)
