"""Time of one ADD-S (ADI): `python benchmarks/adi_speed.py`."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

sys.path[0] = str(Path(__file__).resolve().parents[1])

from fpgnas_core.metrics.average_distance import adi
from fpgnas_core.se3 import make_transform
from training.cli import run_command
from training.rendering.mesh import load_mesh

DEMO = Path(__file__).resolve().parents[1] / "assets" / "demo_object.ply"


@dataclass(frozen=True)
class AdiSpeedSettings:
    """Times ADD-S of random pairs of poses, 20 degrees and 20 mm apart, on points of the demo object."""

    points: int = 5000
    """Points of the model."""
    pairs: int = 200
    """Pairs of poses."""
    seed: int = 1
    """Seed of the poses and the points."""


def run(settings: AdiSpeedSettings) -> None:
    """Print the median and the 90th percentile, milliseconds."""
    rng = np.random.default_rng(settings.seed)
    vertices = load_mesh(DEMO, "mm").vertices
    points = vertices[rng.integers(len(vertices), size=settings.points)]
    times = []
    for _ in range(settings.pairs):
        true = make_transform(Rotation.random(random_state=rng).as_matrix(), rng.normal([0, 0, 0.6], 0.05))
        turn = Rotation.from_rotvec(np.radians(20) * _unit(rng)).as_matrix()
        estimated = make_transform(turn @ true[:3, :3], true[:3, 3] + 0.02 * _unit(rng))
        started = time.perf_counter()
        adi(estimated, true, points)
        times.append(1000 * (time.perf_counter() - started))
    print(f"ADD-S on {settings.points} points: median {np.median(times):.1f} ms, p90 {np.percentile(times, 90):.1f} ms")


def _unit(rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    direction = rng.normal(0, 1, 3)
    return direction / np.linalg.norm(direction)


if __name__ == "__main__":
    run_command(AdiSpeedSettings, run)
