"""The figures of an evaluation: shares of 0 to 1, millimetres, degrees, milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fpgnas_core.bundle import Bundle
from fpgnas_core.imaging import Normaliser, whole_frame
from fpgnas_core.metrics import area_under_curve, share_below
from fpgnas_core.stopwatch import Timings
from training.evaluation.bop_recall import average_recalls
from training.evaluation.run import Evaluation
from training.evaluation.scoring import ObjectScore
from training.evaluation.spacecraft import spacecraft_scores

MM_PER_METRE, MS_PER_SECOND = 1000.0, 1000.0
AUC_LIMIT_M = 0.1
"""Largest threshold of the area under the accuracy-threshold curve (PoseCNN, Xiang et al. 2018), metres."""


def summarise(evaluation: Evaluation) -> dict[str, Any]:
    """Figures over all annotated objects, for each object, and of cost and time."""
    by_object: dict[int, list[ObjectScore]] = {}
    for score in evaluation.scores:
        by_object.setdefault(score.annotation.object_id, []).append(score)
    camera = evaluation.frames[0].sample.camera
    return {
        "frames": len(evaluation.frames),
        **accuracy(evaluation.scores),
        "bop": average_recalls(evaluation),
        "false_detections": sum(frame.false_detections for frame in evaluation.frames),
        "mean_of_objects": mean_of_objects(by_object.values()),
        "per_object": {str(key): accuracy(scores) for key, scores in sorted(by_object.items())},
        "spacecraft": spacecraft_scores(evaluation),
        "objects_not_in_bundle": evaluation.ignored_objects,
        "cost": cost(evaluation.bundle, camera.width, camera.height),
        "milliseconds_per_frame": milliseconds(evaluation),
        "execution_provider": evaluation.execution_provider,
    }


def accuracy(scores: Sequence[ObjectScore]) -> dict[str, Any]:
    """Shares count every annotated object, a missed one as wrong; `errors_of_found` are of the others."""
    relative = np.array([score.relative_add for score in scores])
    found = [score for score in scores if score.estimate is not None]
    return {
        "objects": len(scores),
        "add_0_1d": float((relative < 0.1).mean()),
        "add_0_05d": float((relative < 0.05).mean()),
        "add_auc": area_under_curve([score.add for score in scores], AUC_LIMIT_M),
        "add_s_auc": area_under_curve([score.adi for score in scores], AUC_LIMIT_M),
        "projection_5px": share_below([score.projection_error_px for score in scores], 5.0),
        "within_5cm_5deg": float(np.mean([_within_5cm_5deg(score) for score in scores])),
        "detection_recall": len(found) / len(scores),
        "errors_of_found": _errors(found) if found else None,
    }


def mean_of_objects(by_object: Iterable[Sequence[ObjectScore]]) -> dict[str, float]:
    """The shares that count each object alike, however often it is annotated, as papers on LM-O give them."""
    figures = [accuracy(scores) for scores in by_object]
    return {name: float(np.mean([figure[name] for figure in figures])) for name in ("add_0_1d", "add_0_05d")}


def _within_5cm_5deg(score: ObjectScore) -> bool:
    return score.translation_error < 0.05 and score.rotation_error_deg < 5.0


def _errors(found: Sequence[ObjectScore]) -> dict[str, float]:
    add_mm = np.array([score.add for score in found]) * MM_PER_METRE
    return {
        "mean_add_mm": float(add_mm.mean()),
        "median_add_mm": float(np.median(add_mm)),
        "median_rotation_error_deg": float(np.median([score.rotation_error_deg for score in found])),
        "median_translation_error_mm": float(np.median([score.translation_error for score in found]) * MM_PER_METRE),
    }


def cost(bundle: Bundle, width: int, height: int) -> dict[str, int]:
    """Operations for `width` x `height` frames: of each pass, and of a frame that shows one object, sure at once."""
    firsts = [_first_pass_macs(bundle, size, width, height) for size in bundle.first_pass_sizes]
    macs = {
        "crop_pass": bundle.macs,
        "first_pass": firsts[0],
        "first_passes_of_all_sizes": sum(firsts),
        "frame_with_one_object": firsts[0] + bundle.macs,
    }
    macs_named = {f"macs_{name}": value for name, value in macs.items()}
    return macs_named | {f"flops_{name}": 2 * value for name, value in macs.items()}


def _first_pass_macs(bundle: Bundle, size: int, width: int, height: int) -> int:
    first, _ = whole_frame(np.zeros((height, width, 3), np.uint8), size)
    rows, columns = Normaliser(bundle.mean, bundle.std).batch([first]).shape[2:]
    return bundle.macs_of(columns, rows)


def milliseconds(evaluation: Evaluation) -> dict[str, float]:
    """Time of `estimate` a frame, and how the mean divides among the stages."""
    total = np.array([frame.seconds for frame in evaluation.frames]) * MS_PER_SECOND
    stages = {
        name.removesuffix("_s"): float(np.mean([getattr(frame.timings, name) for frame in evaluation.frames]))
        for name in Timings.__dataclass_fields__
    }
    return {
        "mean": float(total.mean()),
        "median": float(np.median(total)),
        "p99": float(np.percentile(total, 99)),
        **{f"mean_{stage}": seconds * MS_PER_SECOND for stage, seconds in stages.items()},
    }
