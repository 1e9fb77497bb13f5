"""Latency in place of macs: what every part of a space takes on this machine with ONNX Runtime, and the table of it.

A network's latency is taken as the sum of its parts', each measured alone, times a factor fitted on whole networks:
parts alone do not share layouts and caches. Measure what was found, too (`training/latency.py --architecture`).
"""

from __future__ import annotations

import io
import json
import platform
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn
from tqdm import tqdm

from training.errors import SettingsError
from training.space.cost import Part, PartCost, build_part, layout_parts
from training.space.network import PoseNetwork, grid_channels
from training.space.space import Space
from training.space.table import CostTable

TABLE_VERSION = 2
LEAST_MS = 1e-3
LEAST_SECONDS = 0.02
"""Each part runs for at least this long, several times."""


def parts_of(space: Space, input_size: int, n_objects: int, n_keypoints: int) -> list[Part]:
    """Every part that some network of the space has."""
    seen: dict[Part, None] = {}

    def note(part: Part) -> float:
        seen[part] = None
        return 1.0

    CostTable(space, input_size, sum(grid_channels(n_objects, n_keypoints)), note)
    return list(seen)


def measure_table(parts: list[Part], path: Path, threads: int, repeats: int) -> None:
    """Measure and write; parts that the file already has are kept, so that a stopped measurement goes on.

    What a run costs whatever it computes is taken off each part: a network has it once, not once a part.
    """
    known, factor = _read(path) if path.is_file() else ({}, 1.0)
    empty = measure_module(nn.Identity(), (1, 1), threads, repeats)
    for part in tqdm(parts, desc="measure", unit="part"):
        if part not in known:
            known[part] = max(LEAST_MS, measure(part, threads, repeats) - empty)
            _write(path, known, factor, threads)


def fit_factor(path: Path, networks: Sequence[PoseNetwork], input_size: int, threads: int, repeats: int) -> list[float]:
    """Fit the table's factor to whole networks and keep it; returns each one's predicted over measured latency."""
    known, _ = _read(path)
    shares = []
    for network in tqdm(networks, desc="measure", unit="network"):
        parts = layout_parts(network.layout, input_size, sum(network.channels))
        measured = measure_module(network, (3, input_size), threads, repeats)
        shares.append(sum(known[part] for _, part in parts) / measured)
    factor = 1 / float(np.median(shares))
    _write(path, known, factor, threads)
    return [share * factor for share in shares]


def measure(part: Part, threads: int, repeats: int) -> float:
    """Milliseconds of one part, of the quickest run."""
    return measure_module(build_part(part), (part.in_channels, part.size), threads, repeats)


def measure_module(module: nn.Module, image: tuple[int, int], threads: int, repeats: int) -> float:
    """Milliseconds of a pass over one image of (channels, side), of the quickest run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    providers = onnxruntime.get_available_providers()
    channels, side = image
    session = onnxruntime.InferenceSession(_to_onnx(module, channels, side), options, providers=providers)
    feed = {"x": np.zeros((1, channels, side, side), np.float32)}
    session.run(None, feed)
    return 1000 * min(_quickest(session, feed) for _ in range(repeats))


def _quickest(session: onnxruntime.InferenceSession, feed: dict[str, np.ndarray]) -> float:
    """Seconds of the quickest run: what else the machine does only makes some of them slower."""
    end, quickest = time.perf_counter() + LEAST_SECONDS, float("inf")
    while (start := time.perf_counter()) < end or quickest == float("inf"):
        session.run(None, feed)
        quickest = min(quickest, time.perf_counter() - start)
    return quickest


def read_latency_table(path: str) -> PartCost:
    """What each part costs, milliseconds. Raises SettingsError for a file that is no table, or lacks a part."""
    table, factor = _read(Path(path))

    def cost(part: Part) -> float:
        if part not in table:
            raise SettingsError(f"{path}: expected a latency of {part}, got none; measure it for this space")
        return table[part] * factor

    return cost


def _to_onnx(module: nn.Module, channels: int, side: int) -> bytes:
    buffer, image = io.BytesIO(), torch.zeros(1, channels, side, side)
    torch.onnx.export(module.eval(), (image,), buffer, input_names=["x"], opset_version=17, dynamo=False)
    return buffer.getvalue()


def _read(path: Path) -> tuple[dict[Part, float], float]:
    """Milliseconds of each part alone, and the factor of whole networks."""
    try:
        values = json.loads(path.read_text())
        if values["format_version"] != TABLE_VERSION:
            raise SettingsError(f"{path}: expected format_version {TABLE_VERSION}, got {values['format_version']}")
        return {Part(*row[:-1]): float(row[-1]) for row in values["parts"]}, float(values["factor"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path}: expected a table of training/latency.py, got: {error!r}") from error


def _write(path: Path, known: dict[Part, float], factor: float, threads: int) -> None:
    values = {
        "format_version": TABLE_VERSION,
        "unit": "ms",
        "machine": f"{platform.machine()}, {threads} threads, onnxruntime {onnxruntime.__version__}",
        "factor": factor,
        "columns": [*Part._fields, "ms"],
        "parts": [[*part, ms] for part, ms in known.items()],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(values) + "\n")
    unfinished.replace(path)
