"""Latency in place of macs: what every part of a space takes on this machine with ONNX Runtime, and the table of it.

A network's latency is taken as the sum of its parts', each measured alone: fusing and caches make the whole differ, so
measure the network that was found, too (`training/latency.py --architecture`).
"""

from __future__ import annotations

import io
import json
import platform
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn
from tqdm import tqdm

from training.errors import SettingsError
from training.space.cost import Part, PartCost, build_part
from training.space.network import grid_channels
from training.space.space import Space
from training.space.table import CostTable

TABLE_VERSION = 1
LEAST_SECONDS = 0.02
"""Each part runs for at least this long between two looks at the clock."""


def parts_of(space: Space, input_size: int, n_objects: int, n_keypoints: int) -> list[Part]:
    """Every part that some network of the space has."""
    seen: dict[Part, None] = {}

    def note(part: Part) -> float:
        seen[part] = None
        return 1.0

    CostTable(space, input_size, sum(grid_channels(n_objects, n_keypoints)), note)
    return list(seen)


def measure_table(parts: list[Part], path: Path, threads: int, repeats: int) -> None:
    """Measure and write; parts that the file already has are kept, so that a stopped measurement goes on."""
    known = _read(path) if path.is_file() else {}
    for part in tqdm(parts, desc="measure", unit="part"):
        if part not in known:
            known[part] = measure(part, threads, repeats)
            _write(path, known, threads)


def measure(part: Part, threads: int, repeats: int) -> float:
    """Milliseconds of one part: the lowest of `repeats` means."""
    return measure_module(build_part(part), (part.in_channels, part.size), threads, repeats)


def measure_module(module: nn.Module, image: tuple[int, int], threads: int, repeats: int) -> float:
    """Milliseconds of a pass over one image of (channels, side): the lowest of `repeats` means."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    providers = onnxruntime.get_available_providers()
    channels, side = image
    session = onnxruntime.InferenceSession(_to_onnx(module, channels, side), options, providers=providers)
    feed = {"x": np.zeros((1, channels, side, side), np.float32)}
    session.run(None, feed)
    means = []
    for _ in range(repeats):
        count, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < LEAST_SECONDS or not count:
            session.run(None, feed)
            count += 1
        means.append(1000 * elapsed / count)
    return min(means)


def read_latency_table(path: str) -> PartCost:
    """What each part costs, milliseconds. Raises SettingsError for a file that is no table, or lacks a part."""
    table = _read(Path(path))

    def cost(part: Part) -> float:
        if part not in table:
            raise SettingsError(f"{path}: expected a latency of {part}, got none; measure it for this space")
        return table[part]

    return cost


def _to_onnx(module: nn.Module, channels: int, side: int) -> bytes:
    buffer, image = io.BytesIO(), torch.zeros(1, channels, side, side)
    torch.onnx.export(module.eval(), (image,), buffer, input_names=["x"], opset_version=17, dynamo=False)
    return buffer.getvalue()


def _read(path: Path) -> dict[Part, float]:
    try:
        values = json.loads(path.read_text())
        if values["format_version"] != TABLE_VERSION:
            raise SettingsError(f"{path}: expected format_version {TABLE_VERSION}, got {values['format_version']}")
        return {Part(*row[:-1]): float(row[-1]) for row in values["parts"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path}: expected a table of training/latency.py, got: {error!r}") from error


def _write(path: Path, known: dict[Part, float], threads: int) -> None:
    values = {
        "format_version": TABLE_VERSION,
        "unit": "ms",
        "machine": f"{platform.machine()}, {threads} threads, onnxruntime {onnxruntime.__version__}",
        "columns": [*Part._fields, "ms"],
        "parts": [[*part, ms] for part, ms in known.items()],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(values) + "\n")
    unfinished.replace(path)
