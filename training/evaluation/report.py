"""Everything that an evaluation leaves in its folder."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import cv2

from fpgnas_core.bundle import Bundle
from training.evaluation.pictures import contact_sheet, worst_sheet
from training.evaluation.plots import write_plots
from training.evaluation.run import Evaluation, evaluate_split
from training.evaluation.settings import EvaluationSettings
from training.evaluation.summary import summarise
from training.evaluation.tables import write_bop_results, write_per_frame


def evaluate_and_report(settings: EvaluationSettings) -> dict[str, Any]:
    """Evaluate, write all files to `settings.out` and print the figures; returns the summary."""
    evaluation = evaluate_split(settings)
    data_name = f"{Path(settings.dataset).resolve().name}-{settings.split.replace('/', '-')}"
    summary = {
        "command": shlex.join(["python", *sys.argv]),
        "bundle": settings.bundle,
        "dataset": settings.dataset,
        "split": settings.split,
        **summarise(evaluation),
    }
    write_report(Path(settings.out), evaluation, summary, data_name)
    print(headline(summary))
    print("\n".join(object_lines(summary, evaluation.bundle)))
    return summary


def write_report(out: Path, evaluation: Evaluation, summary: dict[str, Any], data_name: str) -> None:
    """Write summary.json, per_frame.csv, fpgnas_<data_name>.csv, overlays.jpg, worst.jpg and plots.png to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    write_per_frame(out / "per_frame.csv", evaluation)
    write_bop_results(out / f"fpgnas_{data_name}.csv", evaluation)
    cv2.imwrite(str(out / "overlays.jpg"), contact_sheet(evaluation.scores, evaluation.bundle))
    cv2.imwrite(str(out / "worst.jpg"), worst_sheet(evaluation.scores, evaluation.bundle))
    write_plots(out / "plots.png", evaluation.scores, data_name)


def headline(summary: dict[str, Any]) -> str:
    """The figures that matter most, in one line."""
    errors = summary["errors_of_found"]
    craft = summary["spacecraft"]
    score = f"SPEED+ score {craft['speed_plus_score']:.4f}, " if craft else ""
    found = f", median ADD {errors['median_add_mm']:.1f} mm of those found" if errors else ""
    return (
        f"{summary['frames']} images, {summary['objects']} objects: "
        f"ADD-0.1d {100 * summary['add_0_1d']:.1f} %, ADD-0.05d {100 * summary['add_0_05d']:.1f} %, "
        f"found {100 * summary['detection_recall']:.1f} %{found}, {score}"
        f"{summary['milliseconds_per_frame']['median']:.1f} ms a frame"
    )


def object_lines(summary: dict[str, Any], bundle: Bundle) -> list[str]:
    """A line for each object, and one for their mean; none where there is but one."""
    names = {str(model.object_id): model.name for model in bundle.objects}
    rows = {names[key]: figures for key, figures in summary["per_object"].items()}
    if len(rows) < 2:
        return []
    rows["mean of objects"] = summary["mean_of_objects"]
    return [
        f"  {name:20s} ADD(-S)-0.1d {100 * figures['add_0_1d']:5.1f} %, -0.05d {100 * figures['add_0_05d']:5.1f} %"
        for name, figures in rows.items()
    ]
