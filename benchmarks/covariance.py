"""Are reported covariances true? `python benchmarks/covariance.py --bundle models/demo --dataset DIR --split test`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fpgnas_core.uncertainty import (
    Distances,
    pose_distances,
    rotation_distances,
    translation_distances,
)
from training.cli import run_command
from training.errors import DatasetError
from training.evaluation.pose_errors import pose_errors
from training.evaluation.run import evaluate_split
from training.evaluation.settings import EvaluationSettings

SHARES = np.arange(1, 100) / 100
PRINTED = (10, 25, 50, 75, 90, 95, 99)
MEASURES = {"translation": translation_distances, "rotation": rotation_distances, "pose": pose_distances}


@dataclass(frozen=True)
class CovarianceSettings:
    """Share of errors inside the ellipsoids that should hold 1 to 99 % of them, before and after the bundle's factors.

    Missed objects and gross misses (30 degrees, or half a diameter) are counted apart.
    """

    bundle: str
    """Bundle folder."""
    dataset: str
    """Folder of a BOP data set with whole frames."""
    split: str = "test"
    """Name of the split."""
    out: str = "out/covariance"
    """Folder for covariance.json and covariance.png."""
    limit: int = 0
    """Number of images, the first ones; 0: all."""
    threads: int = 0
    """CPU threads of the network; 0: one a core."""


def run(settings: CovarianceSettings) -> None:
    """Measure, print the table, write JSON and plot."""
    evaluation = evaluate_split(
        EvaluationSettings(
            settings.bundle, settings.dataset, settings.split, settings.out, settings.limit, settings.threads
        )
    )
    errors = pose_errors(evaluation)
    fine = [error for error in errors if not error.is_gross]
    if not fine:
        raise DatasetError(f"{settings.dataset}: expected some poses without gross misses, got none of {len(errors)}")
    translation, rotation = scales = evaluation.bundle.covariance_scales
    before = [error.scaled((1 / translation, 1 / rotation)) for error in fine]
    curves = {name: {"before": measure(before), "after": measure(fine)} for name, measure in MEASURES.items()}
    counts = {
        "objects": len(evaluation.scores),
        "missed": len(evaluation.scores) - len(errors),
        "gross_misses": len(errors) - len(fine),
        "judged": len(fine),
    }
    print(_table(curves, counts))
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    _plot(curves, counts).savefig(out / "covariance.png", dpi=110)
    figures = {"bundle": settings.bundle, "covariance_scales": scales, **counts, "shares": SHARES.tolist()}
    figures |= {name: {when: d.coverage(SHARES).tolist() for when, d in pair.items()} for name, pair in curves.items()}
    (out / "covariance.json").write_text(json.dumps(figures, indent=1) + "\n")


def _table(curves: dict[str, dict[str, Distances]], counts: dict[str, int]) -> str:
    lines = [", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())]
    lines.append(f"{'share that should be inside':30s}" + "".join(f"{p:6d} %" for p in PRINTED))
    for name, pair in curves.items():
        for when, distances in pair.items():
            found = distances.coverage(np.array(PRINTED) / 100)
            lines.append(f"{f'{name}, {when}':30s}" + "".join(f"{100 * share:6.1f} %" for share in found))
    return "\n".join(lines)


def _plot(curves: dict[str, dict[str, Distances]], counts: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    for axes, (name, pair) in zip(figure.subplots(1, 3, sharey=True), curves.items(), strict=True):
        _plot_curve(axes, name, pair)
    figure.axes[0].set_ylabel("share of errors inside, %")
    figure.suptitle(
        f"{counts['judged']} poses; {counts['missed']} missed and {counts['gross_misses']} gross misses counted apart"
    )
    return figure


def _plot_curve(axes: Axes, name: str, pair: dict[str, Distances]) -> None:
    percent = 100 * SHARES
    axes.plot(percent, percent, color="grey", linestyle=":", label="true covariances")
    axes.plot(percent, 100 * pair["before"].coverage(SHARES), color="tab:orange", label="before calibration")
    axes.plot(percent, 100 * pair["after"].coverage(SHARES), color="tab:blue", label="after calibration")
    axes.vlines(90, 85, 95, color="black", linewidth=3, label="85 to 95 % at 90 %")
    axes.set(title=name, xlim=(0, 100), ylim=(0, 100), xlabel="share that should be inside the ellipsoid, %")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize=8)


if __name__ == "__main__":
    run_command(CovarianceSettings, run)
