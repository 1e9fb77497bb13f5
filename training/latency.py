"""Measure a latency table: `python training/latency.py --search config/search.yaml --out jetson.json`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import parse_settings, run_command
from training.learning.search_settings import SearchSettings
from training.space.latency import measure_table, parts_of


@dataclass(frozen=True)
class LatencySettings:
    """What every part of a search space takes on this machine, by ONNX Runtime."""

    search: str = "config/search.yaml"
    """Settings of the search; its space, input_size and n_keypoints count."""
    out: str = "out/latency.json"
    """Table to write; a measurement that was stopped goes on where it was."""
    n_objects: int = 1
    """Objects of the network, for the size of its output."""
    threads: int = 1
    """Threads of ONNX Runtime."""
    repeats: int = 5
    """Measurements of each part, of which the lowest counts."""


def run(settings: LatencySettings) -> None:
    """Measure and write."""
    search = parse_settings(SearchSettings, ["--config", settings.search, "--describe", "true"])
    parts = parts_of(search.space, search.input_size, settings.n_objects, search.n_keypoints)
    measure_table(parts, Path(settings.out), settings.threads, settings.repeats)
    print(f"latency: {len(parts)} parts; wrote {settings.out}")


if __name__ == "__main__":
    run_command(LatencySettings, run)
