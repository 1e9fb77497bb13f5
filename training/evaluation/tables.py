"""Result files that other tools read: a table of all objects, and BOP's result format."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fpgnas_core import bop_results
from fpgnas_core.bop_results import BopResult
from training.evaluation.run import Evaluation, FrameResult
from training.evaluation.scoring import ObjectScore


def write_per_frame(path: Path, evaluation: Evaluation) -> None:
    """One row for each annotated object; cells of errors are empty where it was missed."""
    rows = [_row(score, frame.seconds) for frame in evaluation.frames for score in frame.scores]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _row(score: ObjectScore, seconds: float) -> dict[str, Any]:
    visible = score.annotation.visible_fraction
    row: dict[str, Any] = {
        "scene_id": score.sample.scene_id,
        "im_id": score.sample.image_id,
        "obj_id": score.annotation.object_id,
        "distance_m": f"{score.distance:.4f}",
        "visible_fraction": "" if visible is None else f"{visible:.4f}",
        "found": int(score.estimate is not None),
        "frame_ms": f"{1000 * seconds:.3f}",
    }
    errors = dict.fromkeys(("confidence", "add_mm", "add_diameters", "rotation_error_deg", "translation_error_mm"), "")
    if score.estimate is not None:
        errors = {
            "confidence": f"{score.estimate.confidence:.4f}",
            "add_mm": f"{1000 * score.add:.4f}",
            "add_diameters": f"{score.relative_add:.5f}",
            "rotation_error_deg": f"{score.rotation_error_deg:.4f}",
            "translation_error_mm": f"{1000 * score.translation_error:.4f}",
        }
    return row | errors


def write_bop_results(path: Path, evaluation: Evaluation) -> None:
    """All estimates in BOP's result format."""
    bop_results.write_bop_results(path, (result for frame in evaluation.frames for result in _results(frame)))


def _results(frame: FrameResult) -> Iterator[BopResult]:
    where = frame.sample.scene_id, frame.sample.image_id
    for estimate in frame.estimates:
        about = estimate.object_id, estimate.confidence, estimate.T_camera_object
        yield BopResult(*where, *about, frame.seconds)
