"""Measure a latency table: `python training/latency.py --search config/search.yaml --out jetson.json`.

With `--architecture runs/search/architecture.json` the network that was found is measured, beside what the table says.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np

from training.cli import parse_settings, run_command
from training.learning.derive import draw_layouts
from training.learning.search import cost_table
from training.learning.search_settings import SearchSettings
from training.space.architecture import load_architecture
from training.space.cost import layout_parts
from training.space.gates import BudgetGates
from training.space.latency import fit_factor, measure_module, measure_table, parts_of, read_latency_table
from training.space.layout import Layout
from training.space.network import PoseNetwork, build_network, grid_channels

WHOLE_NETWORKS = 12
"""Networks on which the table's factor is fitted."""


@dataclass(frozen=True)
class LatencySettings:
    """What every part of a search space takes on this machine, by ONNX Runtime."""

    search: str = "config/search.yaml"
    """Settings of the search; its space, input_size, n_keypoints and budget_macs count."""
    out: str = "out/latency.json"
    """Table to write; a measurement that was stopped goes on where it was."""
    n_objects: int = 1
    """Objects of the network, for the size of its output."""
    threads: int = 1
    """Threads of ONNX Runtime."""
    repeats: int = 5
    """Measurements of each part, of which the quickest run counts."""
    architecture: str = ""
    """An architecture.json to measure in place of parts, and to compare with the table `out`."""


def run(settings: LatencySettings) -> None:
    """Measure and write, or measure a network and print."""
    if settings.architecture:
        print(compare(settings))
        return
    search = parse_settings(SearchSettings, ["--config", settings.search, "--describe", "true"])
    parts = parts_of(search.space, search.input_size, settings.n_objects, search.n_keypoints)
    measure_table(parts, Path(settings.out), settings.threads, settings.repeats)
    networks = [PoseNetwork(search.space, layout, settings.n_objects, search.n_keypoints) for layout in drawn(search)]
    shares = fit_factor(Path(settings.out), networks, search.input_size, settings.threads, settings.repeats)
    print(
        f"latency: {len(parts)} parts; {len(shares)} whole networks take {1 / max(shares):.2f} to"
        f" {1 / min(shares):.2f} of what the table says; wrote {settings.out}"
    )


def drawn(search: SearchSettings) -> list[Layout]:
    """Networks of the search's macs budget, as gates draw them that have learned nothing."""
    gates = BudgetGates(search.space, cost_table(replace(search, cost="macs"), 1), search.budget_macs)
    return draw_layouts(gates, 1.0, WHOLE_NETWORKS, np.random.default_rng(0))


def compare(settings: LatencySettings) -> str:
    """One line: what a network takes here, and the sum of its parts by the table."""
    found, cost = load_architecture(settings.architecture), read_latency_table(settings.out)
    outputs = sum(grid_channels(found.n_objects, found.n_keypoints))
    predicted = sum(cost(part) for _, part in layout_parts(found.layout, found.input_size, outputs))
    measured = measure_module(build_network(found), (3, found.input_size), settings.threads, settings.repeats)
    difference = f"{predicted / measured - 1:+.1%}"
    return f"latency: {measured:.3f} ms; its parts by {settings.out}: {predicted:.3f} ms ({difference})"


if __name__ == "__main__":
    run_command(LatencySettings, run)
