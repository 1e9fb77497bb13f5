"""What tells networks apart after a short training: `python benchmarks/short_trainings.py --search config/search.yaml`.

Trains the random networks of one budget and seed of `benchmarks/search_quality.py` as finalists of a search are, and
prints how their held-out loss and the area under their curve of ADD rank them beside the accuracy in the end.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import torch
from scipy.stats import spearmanr

from benchmarks.quality.results import RANDOM, read_results
from benchmarks.search_quality import random_layouts
from fpgnas_core.metrics import area_under_curve
from training.cli import parse_settings, run_command
from training.data.crops import load_crops
from training.data.second_pass import as_second_pass
from training.learning.devices import Devices
from training.learning.finalists import SEED_OF_FINALS, Finals
from training.learning.run_folder import RunFolder
from training.learning.search import split_crops
from training.learning.search_settings import SearchSettings
from training.learning.validation import validate
from training.space.network import PoseNetwork

AUC_LIMIT = 0.2


@dataclass(frozen=True)
class ShortTrainingsSettings:
    """Ranks random networks, whose accuracy after a whole training is known, by short trainings."""

    search: str = "config/search.yaml"
    """Settings of the search; its finalist_steps are those of a training."""
    results: str = "benchmarks/results/search_quality.json"
    """Accuracies after whole trainings."""
    budget: int = 25_000_000
    """Budget of the networks, multiply-accumulates."""
    seed: int = 1
    """Seed of the networks."""
    augmentation: float = 0.1
    """Strength of exposure, blur and noise, as in those trainings."""
    out: str = "out/short_trainings"
    """Run folder; a run that was stopped goes on where it was."""


def run(settings: ShortTrainingsSettings) -> None:
    """Train what is not trained yet and print a table."""
    searching = _searching(settings)
    known = {r.name: r.test_add_0_1d for r in read_results(Path(settings.results)) if r.budget == settings.budget
             and r.seed == settings.seed and r.name.startswith(RANDOM)}  # fmt: skip
    torch.set_num_threads(searching.threads or torch.get_num_threads())
    crops = load_crops(
        searching.dataset, (searching.train_split,), searching.n_keypoints, searching.input_size, searching.crops
    )
    train, held_out = split_crops(crops, searching.seed)
    held_out = as_second_pass(held_out.first(searching.ranking_crops), searching.seed)
    layouts = random_layouts(searching, len(crops.objects), len(known))
    finals = Finals(searching, train, held_out, RunFolder(settings.out, searching), Devices())
    rows = []
    for number, layout in enumerate(layouts, 1):
        torch.manual_seed(searching.seed + SEED_OF_FINALS)
        network = PoseNetwork(searching.space, layout, len(crops.objects), searching.n_keypoints)
        loss = finals.train_and_judge(network, number, 0)
        auc = area_under_curve(validate(network, held_out).errors, AUC_LIMIT)
        rows.append((known[f"{RANDOM} {number}"], loss, auc))
        print(f"{RANDOM} {number}: ADD-0.1d {rows[-1][0]:.1%} in the end; loss {loss:.2f}, AUC {auc:.3f}")
    truth, losses, aucs = zip(*rows, strict=True)
    print(f"rank correlation with the end: loss {spearmanr(losses, truth)[0]:.2f}, AUC {spearmanr(aucs, truth)[0]:.2f}")


def _searching(settings: ShortTrainingsSettings) -> SearchSettings:
    parsed = parse_settings(SearchSettings, ["--config", settings.search, "--describe", "true"])
    own = {"budget_macs": settings.budget, "seed": settings.seed, "augmentation": settings.augmentation}
    return replace(parsed, describe=False, out=settings.out, **own)


if __name__ == "__main__":
    run_command(ShortTrainingsSettings, run)
