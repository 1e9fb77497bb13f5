"""Compare our metrics with the official ones: `python benchmarks/bop_parity.py --toolkit PATH`.

PATH is a checkout of github.com/thodan/bop_toolkit; beside our own packages it needs `pip install imageio pypng`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.bop.files import write_dataset, write_results
from benchmarks.bop.ours import MEASURES, THRESHOLDS, target_errors
from benchmarks.bop.scenes import Image, make_images
from benchmarks.bop.shapes import Shape, make_shapes
from benchmarks.bop.toolkit import Toolkit
from fpgnas_core.metrics import adi, bop_scores, recall
from fpgnas_core.se3 import exp_rotation, make_transform
from training.cli import run_command

TOLERANCES = {"vsd": 0.0, "re": 1e-5}
"""Largest difference that is none; of all others OTHER_TOLERANCE. The toolkit's acos is that coarse near 0 degrees."""
OTHER_TOLERANCE = 1e-6
UNITS = {"vsd": ("", 1), "mspd": ("px", 1), "proj": ("px", 1), "re": ("deg", 1)}
"""Units that errors are compared in, and how many make one of ours; of all others OTHER_UNIT, the toolkit's."""
OTHER_UNIT = ("mm", 1000)
ROUNDING = 1e-12
"""Of a mean of a hundred recalls."""
EXIT_DIFFERENT = 1
Array = NDArray[np.float64]


@dataclass(frozen=True)
class BopParitySettings:
    """Scores random poses by our metrics and by bop_toolkit, prints both, and exits with 1 if they differ."""

    toolkit: str
    """Checkout of github.com/thodan/bop_toolkit."""
    images: int = 12
    """Number of images, of 0 to 9 objects each."""
    seed: int = 0
    """Seed of poses and errors."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    ours: str
    official: str
    difference: float
    tolerance: float

    @property
    def is_equal(self) -> bool:
        """Whether the difference is within the tolerance; NaN is not."""
        return self.difference <= self.tolerance


def compare_errors(toolkit: Toolkit, images: list[Image]) -> list[Row]:
    """Each error of each estimate against each instance of its object."""
    pairs = [(m, e, i) for m in images for e in m.estimates for i in m.instances if e.shape is i.shape]
    rows = []
    for name, measure in MEASURES.items():
        unit, scale = UNITS.get(name, OTHER_UNIT)
        ours = scale * np.array([measure(*pair) for pair in pairs])
        official = np.array([toolkit.error(name, *pair) for pair in pairs])
        means = (f"{values.mean():.6f} {unit}".strip() for values in (ours, official))
        difference = float(np.abs(ours - official).max())
        rows.append(Row(f"{name}, {ours.size} values", *means, difference, TOLERANCES.get(name, OTHER_TOLERANCE)))
    return rows


def compare_recalls(toolkit: Toolkit, shapes: list[Shape], images: list[Image], folder: Path) -> list[Row]:
    """Recalls by our functions in memory against the toolkit's scripts on the files that we wrote."""
    write_dataset(folder, shapes, images)
    write_results(folder, images)
    targets = {name: target_errors(images, name) for name in THRESHOLDS}
    official = {name: toolkit.recalls(name, folder, levels) for name, levels in THRESHOLDS.items()}
    rows = []
    for name, levels in THRESHOLDS.items():
        ours = recall(targets[name], levels)
        rows.append(_recall_row(f"recall of {name}, {ours.size} settings", ours, official[name]))
    ours_ar = np.array(bop_scores(*(targets[name] for name in ("vsd", "mssd", "mspd"))).ar)
    official_ar = np.mean([official[name].mean() for name in ("vsd", "mssd", "mspd")])
    return [*rows, _recall_row("BOP AR", ours_ar, official_ar)]


def _recall_row(what: str, ours: Array, official: Array) -> Row:
    means = (f"{np.mean(values):.6f}" for values in (ours, official))
    return Row(what, *means, float(np.abs(ours - official).max()), ROUNDING)


def milliseconds_of_adi(shape: Shape, n_points: int = 5000, repeats: int = 50) -> float:
    """Best time of ADI for points on the surface and a pose 10 degrees and 10 mm off."""
    points = np.asarray(shape.mesh.sample(n_points, seed=0))
    true, moved = np.eye(4), make_transform(exp_rotation([0.1, 0.1, 0.1]), [0.006, 0.006, 0.006])
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        adi(moved, true, points)
        seconds.append(time.perf_counter() - start)
    return 1000 * min(seconds)


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| | ours | bop_toolkit | largest difference | allowed | |", "|---|---|---|---|---|---|"]
    for row in rows:
        verdict = "equal" if row.is_equal else "DIFFERENT"
        numbers = f"{row.difference:.1e} | {row.tolerance:.0e}"
        lines.append(f"| {row.what} | {row.ours} | {row.official} | {numbers} | {verdict} |")
    return "\n".join(lines)


def run(settings: BopParitySettings) -> None:
    """Compare, print the table, exit with 1 on a difference."""
    shapes = make_shapes()
    images = make_images(shapes, settings.images, np.random.default_rng(settings.seed))
    toolkit = Toolkit(Path(settings.toolkit), images)
    with tempfile.TemporaryDirectory() as folder:
        rows = compare_errors(toolkit, images) + compare_recalls(toolkit, shapes, images, Path(folder))
    print(table(rows))
    print(f"\nADI of 5000 points: {milliseconds_of_adi(shapes[0]):.2f} ms")
    if not all(row.is_equal for row in rows):
        sys.exit(EXIT_DIFFERENT)


if __name__ == "__main__":
    run_command(BopParitySettings, run)
