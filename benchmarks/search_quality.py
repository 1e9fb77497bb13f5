"""Is the search worth it: the searched network beside random and hand-designed ones of the same cost.

`python benchmarks/search_quality.py --search config/search.yaml`: every network is trained from scratch on the same
crops with the same recipe; all choices are made on validation crops, figures are of test crops. Each network's result
is kept in one file as soon as it is there. Stopped, it goes on where it was; with other `--budgets`, `--seeds` or
`--only` several processes may work at once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.quality.results import RANDOM, Result, add_result, plot, read_results, rows_of, table
from training.cli import parse_settings, run_command
from training.data.crops import CropSet, load_crops
from training.data.second_pass import as_second_pass
from training.errors import SettingsError
from training.learning.derive import unlearned_layouts
from training.learning.report import write_report
from training.learning.retrain import Retraining
from training.learning.retrain_settings import RetrainSettings
from training.learning.run_folder import RunFolder
from training.learning.search import cost_table, search
from training.learning.search_settings import SearchSettings
from training.learning.validation import validate
from training.space.architecture import Architecture, load_architecture
from training.space.gates import BudgetGates
from training.space.hand_designed import HAND_DESIGNED, scaled_to
from training.space.layout import Layout
from training.space.network import PoseNetwork, grid_channels

SEARCHED = {"FPG-NAS": "gates", "softmax DNAS": "softmax", "soft penalty": "penalty"}
WAYS = ("FPG-NAS", RANDOM, *HAND_DESIGNED, "softmax DNAS", "soft penalty")
"""From what is wanted first to what is wanted last."""
SEED_OF_DRAWS, SEED_OF_TEST = 23, 1


@dataclass(frozen=True)
class SearchQualitySettings:
    """Searches, draws and designs networks for every budget, trains them alike and compares them."""

    search: str = "config/search.yaml"
    """Settings of the search; every network has its dataset."""
    out: str = "out/search_quality"
    """Where runs, table and plot go."""
    results: str = "benchmarks/results/search_quality.json"
    """Results of all networks; what is in it is not trained again."""
    budgets: Sequence[int] = (25_000_000, 50_000_000, 100_000_000, 200_000_000)
    """Budgets, multiply-accumulates; all seeds of the first come first."""
    seeds_at: int = 25_000_000
    """The budget at which all seeds run; at the others only the first does."""
    seeds: Sequence[int] = (1, 2, 3)
    """Seeds of search, weights and augmentation."""
    only: Sequence[str] = ()
    """Ways to take part: FPG-NAS, random, plain and so on; empty: all."""
    random: int = 8
    """Random networks of each budget and seed."""
    crops_seen: int = 60_000
    """Training crops that each network sees."""
    batch_size: int = 16
    """Crops a step of these trainings: after 60,000 crops, many small steps are nearer than few large ones."""
    learning_rate: float = 4e-3
    """Highest learning rate of these trainings."""
    augmentation: float = 0.1
    """Strength of exposure, blur and noise in searches and trainings, 0 to 1; the crops have a camera's own."""
    train_split: str = "train_standing"
    """Split that searches and networks learn from."""
    validation_split: str = "val_standing"
    """Split that networks are chosen on."""
    validation_crops: int = 1000
    """Most of its crops."""
    test_split: str = "test_standing"
    """Split that figures are of."""
    test_crops: int = 5050
    """Most of its crops."""

    def __post_init__(self) -> None:
        """Raises SettingsError for a way that there is not."""
        if not set(self.only) <= set(WAYS):
            raise SettingsError(f"only: expected some of {', '.join(WAYS)}, got {', '.join(self.only)}")


class Job(NamedTuple):
    """One network to make and train."""

    budget: int
    seed: int
    name: str

    def folder(self, out: str) -> Path:
        """Of its search, in which the training has a folder of its own."""
        return Path(out) / f"{self.budget / 1e6:g}M" / f"seed{self.seed}" / self.name


class Data(NamedTuple):
    """Crops that all networks share."""

    training: CropSet
    validation: CropSet
    test: CropSet


def run(settings: SearchQualitySettings) -> None:
    """Do what is not done yet; table and plot are written anew after every network."""
    base = search_settings(settings)
    torch.set_num_threads(base.threads or torch.get_num_threads())
    file = Path(settings.results)
    done = {(result.budget, result.seed, result.name) for result in read_results(file)}
    left = [job for job in jobs(settings) if job not in done]
    data = load(settings, base) if left else None
    start = time.monotonic()
    for number, job in enumerate(left):
        assert data is not None
        result = _make_and_train(settings, base, data, job)
        _write(settings, add_result(file, result))
        hours = (time.monotonic() - start) / 3600 / (number + 1) * (len(left) - number - 1)
        tqdm.write(
            f"search_quality: {job.budget / 1e6:g} MMAC, seed {job.seed}, {job.name}: test ADD-0.05d"
            f" {result.test_add_0_05d:.1%}; {len(left) - number - 1} networks left, about {hours:.1f} h"
        )
    print(_write(settings, read_results(file)))


def jobs(settings: SearchQualitySettings) -> Iterator[Job]:
    """All networks, those first that tell most: the budget of all seeds, seed by seed, then the other budgets."""
    ways = [way for way in WAYS if way in (settings.only or WAYS)]
    for budget in sorted(settings.budgets, key=lambda budget: budget != settings.seeds_at):
        for seed in settings.seeds if budget == settings.seeds_at else settings.seeds[:1]:
            for way in ways:
                names = [f"{RANDOM} {k}" for k in range(1, settings.random + 1)] if way == RANDOM else [way]
                yield from (Job(budget, seed, name) for name in names)


def search_settings(settings: SearchQualitySettings) -> SearchSettings:
    """What all searches share."""
    parsed = parse_settings(SearchSettings, ["--config", settings.search, "--describe", "true"])
    return replace(parsed, describe=False, train_split=settings.train_split, augmentation=settings.augmentation)


def load(settings: SearchQualitySettings, base: SearchSettings) -> Data:
    """The crops of all trainings."""
    test, validation = (
        as_second_pass(load_crops(base.dataset, (split,), base.n_keypoints, base.input_size, most), SEED_OF_TEST)
        for split, most in (
            (settings.test_split, settings.test_crops),
            (settings.validation_split, settings.validation_crops),
        )
    )
    training = load_crops(base.dataset, (base.train_split,), base.n_keypoints, base.input_size, base.crops)
    return Data(training, validation, test)


def _make_and_train(settings: SearchQualitySettings, base: SearchSettings, data: Data, job: Job) -> Result:
    folder = job.folder(settings.out)
    searching = replace(base, budget_macs=job.budget, seed=job.seed, out=str(folder))
    start = time.monotonic()
    architecture = _architecture(settings, searching, data.training, job)
    search_hours = (time.monotonic() - start) / 3600 if job.name in SEARCHED else 0.0
    trained = train(settings, searching, data, folder / "retrain")
    found = json.loads((trained.run.path / "metrics.json").read_text())
    tested = validate(trained.network, data.test).shares()
    return Result(
        *job,
        architecture.macs,
        architecture.params,
        trained.step * settings.batch_size,
        found["add_0_05d"],
        tested["add_0_05d"],
        tested["add_0_1d"],
        len(data.test),
        search_hours,
        trained.hours,
    )


def _architecture(settings: SearchQualitySettings, searching: SearchSettings, crops: CropSet, job: Job) -> Architecture:
    """Written to the run folder, too; one that is there is kept."""
    file = Path(searching.out) / "architecture.json"
    if file.is_file():
        return load_architecture(file)
    if job.name in SEARCHED:
        found = search(_by_method(searching, SEARCHED[job.name]), crops)
        write_report(searching.out)
        return found
    if job.name in HAND_DESIGNED:
        channels = sum(grid_channels(len(crops.objects), searching.n_keypoints))
        layout, _ = scaled_to(HAND_DESIGNED[job.name], job.budget, searching.input_size, channels)
    else:
        drawn = random_layouts(searching, len(crops.objects), settings.random)
        layout = drawn[int(job.name.removeprefix(RANDOM)) - 1]
    return _store(searching, layout, len(crops.objects), file)


def _by_method(searching: SearchSettings, method: str) -> SearchSettings:
    if method != "softmax":
        return replace(searching, method=method)
    space = replace(searching.space, exclusive=True)
    return replace(searching, method=method, space=space, estimator="straight_through", gate_samples=2)


def random_layouts(searching: SearchSettings, n_objects: int, count: int) -> list[Layout]:
    """The same space and window, every gate logit zero."""
    gates = BudgetGates(searching.space, cost_table(searching, n_objects), searching.budget_macs)
    return unlearned_layouts(gates, count, np.random.default_rng([searching.seed, SEED_OF_DRAWS]))


def _store(searching: SearchSettings, layout: Layout, n_objects: int, file: Path) -> Architecture:
    network = PoseNetwork(searching.space, layout, n_objects, searching.n_keypoints)
    params = sum(p.numel() for p in network.parameters())
    macs = round(cost_table(searching, n_objects).cost_of(layout))
    shape = (n_objects, searching.n_keypoints, searching.input_size, searching.budget_macs)
    architecture = Architecture(searching.space, layout, *shape, macs, params)
    file.parent.mkdir(parents=True, exist_ok=True)
    architecture.save(file)
    return architecture


def train(
    settings: SearchQualitySettings, searching: SearchSettings, data: Data, out: Path, initial_weights: str = ""
) -> Retraining:
    """The network whose architecture lies above `out`, or on from the last checkpoint there; with its best weights.

    initial_weights: file to start from; none: from scratch.
    """
    recipe = RetrainSettings(
        architecture=str(out.parent / "architecture.json"),
        initial_weights=initial_weights,
        dataset=searching.dataset,
        out=str(out),
        train_splits=(searching.train_split,),
        validation_split=settings.validation_split,
        validation_crops=settings.validation_crops,
        crops=searching.crops,
        seed=searching.seed,
        steps=max(1, settings.crops_seen // settings.batch_size),
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        augmentation=searching.augmentation,
        bfloat16=searching.bfloat16,
        threads=searching.threads,
        second_pass_share=1.0,  # as the crops that it is chosen and tested on
        upright_share=1.0,
        validate_every=settings.crops_seen,
    )
    training = Retraining(recipe, data.training, data.validation, RunFolder(recipe.out, recipe))
    training.train()
    training.network.load_state_dict(torch.load(training.run.path / "weights.pt", weights_only=True))
    return training


def _write(settings: SearchQualitySettings, results: Sequence[Result]) -> str:
    """table.md and plot.svg of all that is there; returns the table."""
    out, names = Path(settings.out), [way for way in WAYS if way != RANDOM]
    out.mkdir(parents=True, exist_ok=True)
    rows = rows_of(results, names)
    text = table(rows, results)
    (out / "table.md").write_text(text)
    plot(rows, results, out / "plot.svg")
    return text


if __name__ == "__main__":
    run_command(SearchQualitySettings, run)
