"""Everything that an evaluation leaves in its folder."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import cv2

from training.evaluation.pictures import contact_sheet
from training.evaluation.plots import write_plots
from training.evaluation.run import Evaluation, evaluate_split
from training.evaluation.settings import EvaluationSettings
from training.evaluation.summary import summarise
from training.evaluation.tables import write_bop_results, write_per_frame


def evaluate_and_report(settings: EvaluationSettings) -> dict[str, Any]:
    """Evaluate, write all files to `settings.out` and print the figures; returns the summary."""
    evaluation = evaluate_split(settings)
    dataset = Path(settings.dataset).resolve().name
    summary = {
        "command": shlex.join(["python", *sys.argv]),
        "bundle": settings.bundle,
        "dataset": settings.dataset,
        "split": settings.split,
        **summarise(evaluation),
    }
    write_report(Path(settings.out), evaluation, summary, f"{dataset}-{settings.split}")
    print(headline(summary))
    return summary


def write_report(out: Path, evaluation: Evaluation, summary: dict[str, Any], data_name: str) -> None:
    """Write summary.json, per_frame.csv, fpgnas_<data_name>.csv, overlays.jpg and plots.png to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    write_per_frame(out / "per_frame.csv", evaluation)
    write_bop_results(out / f"fpgnas_{data_name}.csv", evaluation)
    cv2.imwrite(str(out / "overlays.jpg"), contact_sheet(evaluation.scores, evaluation.bundle))
    write_plots(out / "plots.png", evaluation.scores, data_name)


def headline(summary: dict[str, Any]) -> str:
    """The figures that matter most, in one line."""
    errors = summary["errors_of_found"]
    found = f", median ADD {errors['median_add_mm']:.1f} mm of those found" if errors else ""
    return (
        f"{summary['frames']} images, {summary['objects']} objects: "
        f"ADD-0.1d {100 * summary['add_0_1d']:.1f} %, ADD-0.05d {100 * summary['add_0_05d']:.1f} %, "
        f"found {100 * summary['detection_recall']:.1f} %{found}, "
        f"{summary['milliseconds_per_frame']['median']:.1f} ms a frame"
    )
