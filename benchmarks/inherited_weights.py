"""Weights of the supernet or from scratch: `python benchmarks/inherited_weights.py --search config/search.yaml`.

Trains the network that a search of `benchmarks/search_quality.py` found once more, with the same recipe, from what the
supernet and from what the short trainings of the finals left, and prints both beside the training from scratch.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import torch

from benchmarks.quality.results import POINTS
from benchmarks.search_quality import Data, Job, SearchQualitySettings, load, search_settings, train
from training.cli import run_command
from training.errors import SettingsError
from training.learning.derive import calibrate_batch_norm
from training.learning.validation import validate
from training.space.architecture import load_architecture
from training.space.network import build_network, inherit_weights


@dataclass(frozen=True)
class InheritedWeightsSettings:
    """Trains a searched network from inherited weights and from scratch."""

    search: str = "config/search.yaml"
    """Settings of the search."""
    out: str = "out/search_quality"
    """Folder of `benchmarks/search_quality.py`'s runs; these trainings go into it, too."""
    budget: int = 25_000_000
    """Budget of the search, multiply-accumulates."""
    seed: int = 1
    """Its seed."""


def run(own: InheritedWeightsSettings) -> None:
    """Train what is not trained yet and print a table."""
    settings = SearchQualitySettings(search=own.search, out=own.out)
    base = replace(search_settings(settings), seed=own.seed)
    torch.set_num_threads(base.threads or torch.get_num_threads())
    folder = Job(own.budget, own.seed, "FPG-NAS").folder(own.out)
    for name in ("architecture.json", "supernet.pt", "initial_weights.pt"):
        if not (folder / name).is_file():
            raise SettingsError(f"out: expected a search's {name} in {folder}; run benchmarks/search_quality.py first")
    data = load(settings, base)
    starts = {"scratch": "", "supernet": str(_of_the_supernet(folder, data)), "finals": f"{folder}/initial_weights.pt"}
    print("| weights of | test ADD-0.05d, % | ADD-0.1d, % |\n|---|---:|---:|")
    for name, weights in starts.items():
        out = folder / ("retrain" if name == "scratch" else f"retrain_from_{name}")
        found = validate(train(settings, base, data, out, weights).network, data.test).shares()
        print(f"| {name} | {POINTS * found['add_0_05d']:.1f} | {POINTS * found['add_0_1d']:.1f} |", flush=True)


def _of_the_supernet(folder: Path, data: Data) -> Path:
    """Written to the folder: the first channels of the supernet's layers, with statistics of their own."""
    file = folder / "supernet_weights.pt"
    network = build_network(load_architecture(folder / "architecture.json"))
    inherit_weights(network, torch.load(folder / "supernet.pt", weights_only=True))
    calibrate_batch_norm(network, data.training, bfloat16=False)
    torch.save(network.state_dict(), file)
    return file


if __name__ == "__main__":
    run_command(InheritedWeightsSettings, run)
