"""Results of search_quality: one file that grows network by network, a table and a plot of what is in it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

RANDOM = "random"
POINTS = 100


@dataclass(frozen=True)
class Result:
    """One trained network. ADD is a share of crops, 0 to 1; budget and macs are multiply-accumulates.

    search_hours: of the process that finished the search; 0 where there was none.
    """

    budget: int
    seed: int
    name: str
    macs: int
    params: int
    crops_seen: int
    validation_add_0_05d: float
    test_add_0_05d: float
    test_add_0_1d: float
    test_crops: int
    search_hours: float
    training_hours: float


@dataclass(frozen=True)
class Row:
    """A way to find networks at one budget; results: one for each seed."""

    budget: int
    name: str
    results: tuple[Result, ...]

    @property
    def add_0_05d(self) -> float:
        """Mean over the seeds, per cent."""
        return POINTS * float(np.mean([result.test_add_0_05d for result in self.results]))


def read_results(file: Path) -> list[Result]:
    """What is there so far."""
    return [Result(**values) for values in json.loads(file.read_text())] if file.is_file() else []


def add_result(file: Path, result: Result) -> list[Result]:
    """Write one more, also while other processes do; returns all. A kill leaves the file as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        results = [*read_results(file), result]
        results.sort(key=lambda r: (r.budget, r.seed, r.name))
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps([asdict(r) for r in results], indent=1) + "\n")
        unfinished.replace(file)
    return results


def rows_of(results: Sequence[Result], names: Sequence[str]) -> list[Row]:
    """By budget, in the order of `names`; random networks as their median on test and their best on validation."""
    rows = []
    for budget in sorted({result.budget for result in results}):
        here = [result for result in results if result.budget == budget]
        by_name = {name: [result for result in here if result.name == name] for name in names}
        draws = list(_draws(here))
        by_name["random, median"] = [_median(drawn) for drawn in draws]
        by_name["random, best on validation"] = [max(d, key=lambda r: r.validation_add_0_05d) for d in draws]
        rows += [Row(budget, name, tuple(found)) for name, found in by_name.items() if found]
    return rows


def _draws(results: Sequence[Result]) -> Iterator[list[Result]]:
    """The random networks of each seed."""
    for seed in sorted({result.seed for result in results}):
        drawn = [result for result in results if result.seed == seed and result.name.startswith(RANDOM)]
        if drawn:
            yield drawn


def _median(drawn: Sequence[Result]) -> Result:
    """Of an even number the better one of the middle two."""
    return sorted(drawn, key=lambda result: result.test_add_0_05d)[len(drawn) // 2]


def table(rows: Sequence[Row], results: Sequence[Result]) -> str:
    """Markdown, and below it what the searched network is ahead of the random ones by."""
    lines = [
        "| budget, MMAC | network | of budget | weights, M | test ADD-0.05d, % (seeds) | ADD-0.1d, % |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        shares = [result.macs / row.budget for result in row.results]
        seeds = ", ".join(f"{POINTS * result.test_add_0_05d:.1f}" for result in row.results)
        lines.append(
            f"| {row.budget / 1e6:g} | {row.name} | {min(shares):.3f} to {max(shares):.3f} |"
            f" {np.mean([r.params for r in row.results]) / 1e6:.2f} | **{row.add_0_05d:.1f}** ({seeds}) |"
            f" {POINTS * np.mean([r.test_add_0_1d for r in row.results]):.1f} |"
        )
    hours = [sum(r.search_hours for r in results), sum(r.training_hours for r in results)]
    drawn = sum(result.name.startswith(RANDOM) for result in results)
    lines += ["", *_verdicts(rows), f"{len(results)} networks, {drawn} of them random: {hours[0]:.1f} h of searches,"]
    lines[-1] += f" {hours[1]:.1f} h of trainings."
    return "\n".join(lines) + "\n"


def _verdicts(rows: Sequence[Row]) -> Iterator[str]:
    for budget in dict.fromkeys(row.budget for row in rows):
        found = {row.name: row.add_0_05d for row in rows if row.budget == budget}
        ours = found.pop("FPG-NAS", None)
        if ours is not None and found:
            ahead = ", ".join(f"{ours - value:+.1f} {name}" for name, value in found.items())
            yield f"{budget / 1e6:g} MMAC, FPG-NAS less the other, points ADD-0.05d: {ahead}."


def plot(rows: Sequence[Row], results: Sequence[Result], path: Path) -> None:
    """Accuracy against cost: a line a way, a bar from the worst seed to the best, a grey dot a random network."""
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.subplots()
    drawn = [result for result in results if result.name.startswith(RANDOM)]
    accuracy = [POINTS * result.test_add_0_05d for result in drawn]
    axes.scatter([r.macs / 1e6 for r in drawn], accuracy, s=14, color="0.75", label="random, each", zorder=1)
    for number, name in enumerate(dict.fromkeys(row.name for row in rows)):
        own = [row for row in rows if row.name == name]
        values = [[POINTS * result.test_add_0_05d for result in row.results] for row in own]
        means = [row.add_0_05d for row in own]
        reach = [[m - min(v) for m, v in zip(means, values, strict=True)]]
        reach.append([max(v) - m for m, v in zip(means, values, strict=True)])
        bold = name == "FPG-NAS"
        style = {"linewidth": 2.6 if bold else 1.2, "zorder": 4 if bold else 2, "capsize": 3, "color": f"C{number}"}
        macs = [float(np.mean([result.macs for result in row.results])) / 1e6 for row in own]
        line = "--" if name.startswith(RANDOM) else "-"
        axes.errorbar(macs, means, yerr=reach, fmt=f"o{line}", markersize=6 if bold else 4, label=name, **style)
    budgets = sorted({row.budget / 1e6 for row in rows})
    axes.set(xscale="log", xlabel="MMAC a pass", ylabel="test ADD-0.05d, %", ylim=(0, None))
    axes.set_xticks(budgets, [f"{budget:g}" for budget in budgets])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    figure.savefig(path)
