"""Is the search worth it: the searched network beside random and hand-designed ones of the same cost.

`python benchmarks/search_quality.py --search config/search.yaml`: every network is trained from scratch on the same
crops with the same recipe; all choices are made on validation crops, figures are of test crops. Stopped, it goes on
where it was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
import torch
from matplotlib.figure import Figure

from training.cli import parse_settings, run_command
from training.data.crops import load_crops
from training.data.objects import object_models
from training.data.second_pass import as_second_pass
from training.learning.derive import sample_layouts
from training.learning.retrain import retrain
from training.learning.retrain_settings import RetrainSettings
from training.learning.search import cost_table, search
from training.learning.search_settings import SearchSettings
from training.learning.validation import validate
from training.space.architecture import Architecture, load_architecture
from training.space.gates import BudgetGates
from training.space.hand_designed import HAND_DESIGNED, scaled_to
from training.space.layout import Layout
from training.space.network import PoseNetwork, build_network, grid_channels

SEARCHED = {"FPG-NAS": "gates", "soft penalty": "penalty", "softmax DNAS": "softmax"}


@dataclass(frozen=True)
class SearchQualitySettings:
    """Searches, draws and designs networks for every budget, trains them alike and compares them."""

    search: str = "config/search.yaml"
    """Settings of the search."""
    out: str = "out/search_quality"
    """Where runs, table and plot go."""
    budgets: Sequence[int] = (20_000_000, 40_000_000, 80_000_000, 160_000_000)
    """Budgets, multiply-accumulates."""
    seeds_at: int = 80_000_000
    """The budget at which all seeds run; at the others only the first does."""
    seeds: Sequence[int] = (1, 2, 3)
    """Seeds of search, weights and augmentation."""
    random: int = 8
    """Random networks of each budget and seed."""
    crops_seen: int = 60_000
    """Training crops that each network sees."""
    batch_size: int = 32
    """Crops a step."""
    validation_split: str = "val"
    """Split that networks are chosen on."""
    validation_crops: int = 1000
    """Most of its crops."""
    test_split: str = "test"
    """Split that figures are of."""
    test_crops: int = 5000
    """Most of its crops."""
    processes: int = 1
    """Processes that share every batch."""


def run(settings: SearchQualitySettings) -> None:
    """Do what is not done yet; table and plot are written anew after every network."""
    base = parse_settings(SearchSettings, ["--config", settings.search, "--describe", "true"])
    for budget, seed in _cases(settings):
        here = Path(settings.out) / f"{budget / 1e6:g}M" / f"seed{seed}"
        searching = replace(base, describe=False, budget_macs=budget, seed=seed)
        for name in _make_architectures(searching, here, settings.random):
            _train_and_test(settings, searching, here / name, seed)
            _write(settings)
    print((Path(settings.out) / "table.md").read_text())


def _cases(settings: SearchQualitySettings) -> Iterator[tuple[int, int]]:
    for budget in settings.budgets:
        yield from ((budget, seed) for seed in (settings.seeds if budget == settings.seeds_at else settings.seeds[:1]))


def _make_architectures(base: SearchSettings, here: Path, random: int) -> Iterator[str]:
    """Names of folders of `here` that hold an architecture.json; made one by one."""
    yield from _draw_random(base, here, random)
    for name in HAND_DESIGNED:
        n_objects = len(object_models(Path(base.dataset), base.n_keypoints))
        channels = sum(grid_channels(n_objects, base.n_keypoints))
        layout, _ = scaled_to(HAND_DESIGNED[name], base.budget_macs, base.input_size, channels)
        yield _store(base, here / name, layout)
    for name, method in SEARCHED.items():
        space = replace(base.space, exclusive=method == "softmax")
        out = here / name
        if not (out / "architecture.json").is_file():
            search(replace(base, method=method, space=space, out=str(out)))
        yield name


def _draw_random(base: SearchSettings, here: Path, count: int) -> Iterator[str]:
    """The same space and window, every gate logit zero."""
    n_objects = len(object_models(Path(base.dataset), base.n_keypoints))
    gates = BudgetGates(base.space, cost_table(base, n_objects), base.budget_macs)
    found = sample_layouts(gates, 1.0, count + 1, np.random.default_rng([base.seed, 23]))
    for number, layout in enumerate(found[1:], 1):  # the first is no draw but the likeliest
        yield _store(base, here / f"random {number}", layout)


def _store(base: SearchSettings, folder: Path, layout: Layout) -> str:
    n_objects = len(object_models(Path(base.dataset), base.n_keypoints))
    table = cost_table(base, n_objects)
    network = PoseNetwork(base.space, layout, n_objects, base.n_keypoints)
    params = sum(p.numel() for p in network.parameters())
    macs = round(table.cost_of(layout))
    folder.mkdir(parents=True, exist_ok=True)
    Architecture(base.space, layout, n_objects, base.n_keypoints, base.input_size, base.budget_macs, macs, params).save(
        folder / "architecture.json"
    )
    return folder.name


def _train_and_test(settings: SearchQualitySettings, base: SearchSettings, folder: Path, seed: int) -> None:
    if (folder / "result.json").is_file():
        return
    run = retrain(
        RetrainSettings(
            architecture=str(folder / "architecture.json"),
            dataset=base.dataset,
            out=str(folder / "retrain"),
            train_splits=(base.train_split,),
            validation_split=settings.validation_split,
            validation_crops=settings.validation_crops,
            crops=base.crops,
            seed=seed,
            steps=max(1, settings.crops_seen // settings.batch_size),
            batch_size=settings.batch_size,
            learning_rate=base.learning_rate,
            augmentation=base.augmentation,
            bfloat16=base.bfloat16,
            processes=settings.processes,
            threads=base.threads,
        )
    )
    architecture = load_architecture(folder / "architecture.json")
    network = build_network(architecture)
    network.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
    crops = load_crops(base.dataset, (settings.test_split,), base.n_keypoints, base.input_size, settings.test_crops)
    tested = validate(network, as_second_pass(crops, 1)).shares()
    validated = json.loads((run / "metrics.json").read_text())
    result = {
        "macs": architecture.macs,
        "params": architecture.params,
        "validation_add_0_05d": validated["add_0_05d"],
        "test_add_0_05d": tested["add_0_05d"],
        "test_add_0_1d": tested["add_0_1d"],
        "test_images": len(crops),
    }
    (folder / "result.json").write_text(json.dumps(result, indent=1) + "\n")


def _write(settings: SearchQualitySettings) -> None:
    """table.md, results.json and plot.svg of all that is there."""
    out = Path(settings.out)
    rows = [row for budget, seed in _cases(settings) for row in _rows(out, budget, seed)]
    (out / "results.json").write_text(json.dumps(rows, indent=1) + "\n")
    lines = [
        "| budget, MMAC | seed | network | macs, M | of budget | weights, M | test ADD-0.05d, % | ADD-0.1d, % |",
        "|---:|---:|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        lines.append(
            f"| {row['budget'] / 1e6:g} | {row['seed']} | {row['name']} | {row['macs'] / 1e6:.2f} |"
            f" {row['macs'] / row['budget']:.3f} | {row['params'] / 1e6:.2f} | {100 * row['test_add_0_05d']:.1f} |"
            f" {100 * row['test_add_0_1d']:.1f} |"
        )
    (out / "table.md").write_text("\n".join(lines) + "\n")
    _plot(rows, out / "plot.svg")


def _rows(out: Path, budget: int, seed: int) -> Iterator[dict[str, float | str]]:
    here = out / f"{budget / 1e6:g}M" / f"seed{seed}"
    found = {file.parent.name: json.loads(file.read_text()) for file in sorted(here.glob("*/result.json"))}
    drawn = sorted(
        (result for name, result in found.items() if name.startswith("random")),
        key=lambda result: result["validation_add_0_05d"],
    )
    summary = {name: found[name] for name in (*SEARCHED, *HAND_DESIGNED) if name in found}
    if drawn:
        summary[f"random, best of {len(drawn)} on validation"] = drawn[-1]
        middle = sorted(drawn, key=lambda result: result["test_add_0_05d"])
        summary[f"random, median of {len(drawn)}"] = middle[(len(middle) - 1) // 2]
    for name, result in summary.items():
        yield {"budget": budget, "seed": seed, "name": name} | result


def _plot(rows: Sequence[dict[str, float | str]], path: Path) -> None:
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(str(row["name"]) for row in rows):
        own = [row for row in rows if row["name"] == name]
        accuracy = [100 * float(row["test_add_0_05d"]) for row in own]
        bold = name == "FPG-NAS"
        style = {"linewidth": 2.5 if bold else 1, "zorder": 3 if bold else 2}
        axes.plot([float(row["macs"]) / 1e6 for row in own], accuracy, "o-", label=name, **style)
    axes.set(xscale="log", xlabel="macs, M (a pass)", ylabel="test ADD-0.05d, %")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    figure.savefig(path)


if __name__ == "__main__":
    run_command(SearchQualitySettings, run)
