"""What one weight step of the search costs: `python benchmarks/search_cost.py --search config/search.yaml`."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
import torch

from training.cli import parse_settings, run_command
from training.learning.optimiser import WeightOptimiser
from training.learning.precision import forward
from training.learning.search import cost_table
from training.learning.search_settings import SearchSettings
from training.learning.supernet_search import GRADIENT_NORM
from training.space.gates import BudgetGates
from training.space.layout import Choice, Layout, largest_choice, layout_of
from training.space.sampling import draw, is_layer
from training.space.space import Space
from training.space.supernet import Gates, Supernet
from training.space.table import CostTable

WAYS = ("gates", "single path", "softmax mixture")
Step = Callable[[int], tuple[Layout, Gates | None]]


@dataclass(frozen=True)
class SearchCostSettings:
    """Times draw, forward, backward and optimiser of one supernet: FPG-NAS, single-path sampling, softmax mixture.

    Each way runs in a process of its own, so that its peak memory is its own, on one thread, whose CPU time counts:
    what else the machine does hardly changes it.
    """

    search: str = "config/search.yaml"
    """Settings of the search; its space, input_size and batch_size count."""
    budgets: tuple[int, ...] = (20_000_000, 40_000_000, 80_000_000, 160_000_000)
    """Budgets, multiply-accumulates."""
    batch_size: int = 16
    """Crops a step."""
    steps: int = 8
    """Steps that are timed, after one that is not; the mixture's are all alike."""
    way: str = ""
    """Only this way, in this process (the command starts itself so)."""


def run(settings: SearchCostSettings) -> None:
    """Measure all ways and print a table."""
    if settings.way:
        print(json.dumps(measure(settings)))
        return
    found = {way: _in_a_process(settings, way) for way in WAYS}
    mixture = found["softmax mixture"][0]
    print("| way | E[F], MMAC | E[F] / F_all | CPU s a step | of the mixture | 0.1 + 1.3 E[F]/F_all | peak MB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for way, rows in found.items():
        for row in rows:
            share, cost_share = row["seconds"] / mixture["seconds"], row["cost"] / mixture["cost"]
            bound = f"{0.1 + 1.3 * cost_share:.3f}" if way == "gates" else "-"
            print(
                f"| {way} | {row['cost'] / 1e6:.0f} | {cost_share:.4f} | {row['seconds']:.3f} | {share:.3f} |"
                f" {bound} | {row['peak_mb']:.0f} |"
            )


def _in_a_process(settings: SearchCostSettings, way: str) -> list[dict[str, float]]:
    budgets = settings.budgets if way == "gates" else settings.budgets[:1]
    rows = []
    for budget in budgets:
        command = [sys.executable, __file__, "--way", way, "--search", settings.search, "--budgets", f"[{budget}]"]
        command += ["--batch_size", str(settings.batch_size), "--steps", str(settings.steps)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        rows.append(json.loads(output.splitlines()[-1]))
    return rows


def measure(settings: SearchCostSettings) -> dict[str, float]:
    """CPU seconds a step, peak memory of this process, and the expected cost of what a step computes."""
    search = parse_settings(SearchSettings, ["--config", settings.search, "--describe", "true"])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    table = cost_table(search, 1)
    supernet = Supernet(search.space, 1, search.n_keypoints)
    optimiser = WeightOptimiser(supernet, supernet.output, 1e-2)
    images = torch.randn(settings.batch_size, 3, search.input_size, search.input_size)
    step = _way(settings, search, table)
    seconds, costs = [], []
    for number in range(settings.steps + 1):
        start = time.process_time()
        layout, gates = step(number)
        grid = forward(supernet, images, search.bfloat16, layout, gates)
        optimiser.zero_grad()
        sum(part.square().mean() for part in grid).backward()
        torch.nn.utils.clip_grad_norm_(supernet.parameters(), GRADIENT_NORM)
        optimiser.step()
        seconds.append(time.process_time() - start)
        costs.append(table.cost_of(layout))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = settings.budgets[0] if settings.way == "gates" else float(np.mean(costs))
    return {"seconds": float(np.mean(seconds[1:])), "peak_mb": peak, "cost": cost}


def _way(settings: SearchCostSettings, search: SearchSettings, table: CostTable) -> Step:
    space = search.space
    gates = BudgetGates(space, table, settings.budgets[0])
    if settings.way == "softmax mixture":
        layout, mixed = layout_of(space, largest_choice(space)), mixture(space)
        return lambda number: (layout, mixed)
    if settings.way == "single path":
        return lambda number: (layout_of(space, single_path(space, np.random.default_rng(number))), None)

    def sample(number: int) -> tuple[Layout, None]:
        with torch.no_grad():
            p = gates.probabilities(1.0)
        return layout_of(space, draw(space, p, 1, np.random.default_rng(number))[0]), None

    return sample


def mixture(space: Space) -> Gates:
    """Every operator of the widest network, weighed alike."""
    gates = {
        v.name: torch.full((len(v.options),), 1 / len(v.options)).unbind() for v in space.variables if is_layer(v.name)
    }
    return gates | {"neck": torch.ones(len(space.stages)).unbind()}


def single_path(space: Space, rng: np.random.Generator) -> Choice:
    """One operator in every layer of the widest network (SPOS, Guo et al. 2020)."""
    choice, first = largest_choice(space), 0
    for variable in space.variables:
        count = len(variable.options)
        if is_layer(variable.name):
            choice[first : first + count] = np.eye(count, dtype=int)[rng.integers(count)].tolist()
        first += count
    return choice


if __name__ == "__main__":
    run_command(SearchCostSettings, run)
