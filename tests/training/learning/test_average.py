"""The mean of weights, and batch norm's statistics of it."""

from pathlib import Path

import pytest
import torch

from training.errors import SettingsError
from training.learning.average import AverageSettings, average, mean_of
from training.space.architecture import load_architecture
from training.space.network import build_network


def test_mean_is_that_of_each_number_and_counters_stay() -> None:
    first = {"weight": torch.tensor([1.0, 4.0]), "count": torch.tensor(7)}
    second = {"weight": torch.tensor([3.0, 0.0]), "count": torch.tensor(9)}
    mean = mean_of([first, second])
    assert mean["weight"].tolist() == [2.0, 2.0]
    assert mean["count"].item() == 7


def test_average_fits_the_network_and_has_statistics_of_its_own(search_run: Path, dataset: str, tmp_path: Path) -> None:
    weights = [str(search_run / "initial_weights.pt"), str(tmp_path / "other.pt")]
    states = [torch.load(weights[0], weights_only=True)]
    torch.manual_seed(0)
    network = build_network(load_architecture(search_run / "architecture.json"))
    states.append(network.state_dict())
    torch.save(states[1], weights[1])
    out = tmp_path / "run" / "weights.pt"
    average(AverageSettings(str(search_run / "architecture.json"), weights, dataset, str(out), batches=3, batch_size=8))
    found = torch.load(out, weights_only=True)
    torch.testing.assert_close(found["output.weight"], (states[0]["output.weight"] + states[1]["output.weight"]) / 2)
    name = next(name for name in found if name.endswith("running_mean"))
    assert not torch.equal(found[name], (states[0][name] + states[1][name]) / 2)
    network.load_state_dict(found)


def test_without_batches_the_statistics_are_the_mean_too(search_run: Path, tmp_path: Path) -> None:
    weights = [str(search_run / "initial_weights.pt"), str(tmp_path / "other.pt")]
    network = build_network(load_architecture(search_run / "architecture.json"))
    torch.save(network.state_dict(), weights[1])
    out = tmp_path / "weights.pt"
    average(AverageSettings(str(search_run / "architecture.json"), weights, "unread", str(out), batches=0))
    first, found = torch.load(weights[0], weights_only=True), torch.load(out, weights_only=True)
    name = next(name for name in found if name.endswith("running_var"))
    torch.testing.assert_close(found[name], (first[name] + network.state_dict()[name]) / 2)


def test_one_file_is_no_average() -> None:
    with pytest.raises(SettingsError, match="weights: expected two or more files, got 1"):
        AverageSettings("a.json", ["w.pt"], "data", "out.pt")
