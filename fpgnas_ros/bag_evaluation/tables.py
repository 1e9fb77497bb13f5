"""Result files that other tools read: a table of all instances, BOP's result format and TUM trajectories."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpgnas_core.arrays import FloatArray
from fpgnas_core.bop_results import BopResult, write_bop_results
from fpgnas_core.se3 import quaternion_xyzw_from_matrix
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.scoring import FrameScore, InstanceScore

MM = 1000.0
NOT_MEASURED = -1.0
ERRORS = {
    "add_mm": "add",
    "add_s_mm": "adi",
    "rotation_deg": "rotation_deg",
    "translation_mm": "translation",
    "projection_px": "projection_px",
    "mssd_mm": "mssd",
    "mspd_px": "mspd_px",
}
COLUMNS = (
    *("run", "bag", "frame", "stamp_ns", "object", "has_truth", "detected", "confidence"),
    *ERRORS,
    *("distance_m", "view_angle_deg", "visible_fraction", "spurious_in_frame", "stamp_to_pose_ms", "estimate_ms"),
)


def write_per_frame(path: Path, runs: Sequence[Run], objects: Mapping[int, EvaluatedObject]) -> None:
    """One row for each true instance of each run, or for its frame where none is known."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for run in runs:
            for score in run.scores:
                writer.writerows(_rows(run.name, score, objects))


def _rows(run: str, score: FrameScore, objects: Mapping[int, EvaluatedObject]) -> Iterator[dict[str, Any]]:
    frame, answer = score.frame, score.answer
    row: dict[str, Any] = {
        "run": run,
        "bag": frame.bag,
        "frame": frame.number,
        "stamp_ns": frame.stamp_ns,
        "has_truth": int(score.has_truth),
        "spurious_in_frame": len(score.spurious),
    }
    if answer is not None and answer.recorded_ns is not None:
        row["stamp_to_pose_ms"] = f"{(answer.recorded_ns - frame.stamp_ns) / 1e6:.3f}"
    if answer is not None and answer.stages_s is not None:
        row["estimate_ms"] = f"{1000 * answer.stages_s['estimate']:.3f}"
    for instance in score.instances:
        yield row | {"object": objects[instance.object_id].model.name} | _cells(instance)
    if not score.instances:
        yield row


def _cells(instance: InstanceScore) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "detected": int(instance.is_detected),
        "distance_m": f"{instance.distance:.4f}",
        "view_angle_deg": f"{instance.view_angle_deg:.2f}",
    }
    if instance.visible_fraction is not None:
        cells["visible_fraction"] = f"{instance.visible_fraction:.4f}"
    if instance.estimate is None:
        return cells
    factors = {name: MM if name.endswith("_mm") else 1.0 for name in ERRORS}
    errors = {name: factors[name] * getattr(instance, field) for name, field in ERRORS.items()}
    known = {name: f"{error:.4f}" for name, error in errors.items() if not math.isnan(error)}
    return cells | {"confidence": f"{instance.estimate.confidence:.4f}"} | known


def write_bop(path: Path, run: Run) -> None:
    """All estimates in BOP's result format; scene_id is the number of the recording, im_id that of the frame."""
    write_bop_results(path, (result for score in run.scores for result in _results(score)))


def _results(score: FrameScore) -> Iterator[BopResult]:
    answer, frame = score.answer, score.frame
    if answer is None:
        return
    seconds = answer.stages_s["estimate"] if answer.stages_s is not None else NOT_MEASURED
    for e in answer.estimates:
        yield BopResult(frame.bag, frame.number, e.object_id, e.confidence, e.T_camera_object, seconds)


def write_tum(folder: Path, run: Run, objects: Mapping[int, EvaluatedObject]) -> list[Path]:
    """Trajectories of each object and recording, T_camera_object: of the truth and of what is matched to it.

    For evo and alike: `evo_ape tum truth_... estimate_...`. Frames that show several of an object are left out.
    """
    lines: dict[str, list[str]] = {}
    for score in run.scores:
        for instance in score.instances:
            if sum(other.object_id == instance.object_id for other in score.instances) > 1:
                continue
            name = f"{objects[instance.object_id].model.name}_{score.frame.bag}.tum"
            lines.setdefault(f"truth_{name}", []).append(_tum_line(score, instance.T_true))
            if instance.estimate is not None:
                pose = instance.estimate.T_camera_object
                lines.setdefault(f"estimate_{run.name}_{name}", []).append(_tum_line(score, pose))
    paths = []
    for name, rows in lines.items():
        (folder / name).write_text("\n".join(rows) + "\n")
        paths.append(folder / name)
    return paths


def _tum_line(score: FrameScore, T_camera_object: FloatArray) -> str:
    seconds, nanoseconds = divmod(score.frame.stamp_ns, 10**9)
    values = [*T_camera_object[:3, 3], *quaternion_xyzw_from_matrix(T_camera_object[:3, :3])]
    return f"{seconds}.{nanoseconds:09d} " + " ".join(f"{value:.9f}" for value in values)
