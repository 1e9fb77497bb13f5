"""summary.json: all figures of an evaluation, with what they are of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.figures.accuracy import accuracy
from fpgnas_ros.bag_evaluation.figures.detection import detection
from fpgnas_ros.bag_evaluation.figures.steadiness import steadiness
from fpgnas_ros.bag_evaluation.figures.timing import timing
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.run import Run

FORMAT_VERSION = 1


def summarise_run(run: Run, objects: Mapping[int, EvaluatedObject]) -> dict[str, Any]:
    """All figures of one run. Raises EvaluationError where nothing could be compared."""
    check_compared(run)
    scores = run.instances
    ids = sorted({score.object_id for score in scores})
    overall = accuracy(scores, objects)
    return {
        "name": run.name,
        **run.engine,
        "frames": len(run.scores),
        "answers_without_frame": run.answers_without_frame,
        "accuracy": overall,
        "detection": detection(run.scores),
        "timing": timing(run.scores),
        "objects": {
            objects[key].model.name: {
                "accuracy": accuracy([s for s in scores if s.object_id == key], objects) if len(ids) > 1 else overall,
                "steadiness": steadiness(run.scores, key),
            }
            for key in ids
        },
    }


def check_compared(run: Run) -> None:
    """Raises EvaluationError where no frame has ground truth, or no recorded answer belongs to a frame."""
    if not run.scores:
        raise EvaluationError("expected images, the recordings hold none that can be read")
    if not any(score.has_truth for score in run.scores):
        raise EvaluationError(
            f"none of {len(run.scores)} frames has ground truth at its stamp; check --offset, --max-dt, "
            "and that tf connects the frame of the ground truth with the camera's"
        )
    if run.answers_without_frame and all(score.answer is None for score in run.scores):
        raise EvaluationError(
            f"none of {run.answers_without_frame} estimates has the stamp of one of {len(run.scores)} frames; "
            "check that they carry the image's stamp, or raise --max-dt"
        )


def summarise(runs: Sequence[dict[str, Any]], bags: Sequence[Path], findings: Findings, command: str) -> dict[str, Any]:
    """The content of summary.json. runs: of `summarise_run`; command: the line that made it."""
    return {
        "format": "fpgnas bag evaluation",
        "format_version": FORMAT_VERSION,
        "command": command,
        "bags": [{"path": str(path), "sha256": digest(path)} for path in bags],
        "runs": list(runs),
        "sanity": findings.to_json(),
    }


def digest(path: Path) -> str:
    """SHA-256 of a file, or of all files of a folder in the order of their names."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                total.update(block)
    return total.hexdigest()
