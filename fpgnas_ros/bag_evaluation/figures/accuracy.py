"""How far off the poses are. Shares count every true instance, a missed one as wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray
from fpgnas_core.metrics import (
    BOP_MSPD_THRESHOLDS,
    BOP_THRESHOLDS,
    area_under_curve,
    speed_errors,
    speed_plus_score,
    speed_score,
)
from fpgnas_ros.bag_evaluation.figures.bootstrap import interval, mean_of_each, median_of_each
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.scoring import InstanceScore

MM, AUC_LIMIT = 1000.0, 0.1
FIVE_CM, FIVE_DEG, FIVE_PX = 0.05, 5.0, 5.0


def accuracy(scores: Sequence[InstanceScore], objects: Mapping[int, EvaluatedObject]) -> dict[str, Any]:
    """Figures of all instances (in the order of time), with 95 % intervals; None where there is nothing to say."""
    if not scores:
        return {"instances": 0}
    hits = shares_of_instances(scores, objects)
    found = [score for score in scores if score.estimate is not None]
    intervals = {name: interval(values, mean_of_each) for name, values in hits.items() if not np.isnan(values).any()}
    errors = _errors(found)
    intervals |= {f"{name}_median": interval(values, median_of_each) for name, values in errors.items()}
    return {
        "instances": len(scores),
        "found": len(found),
        **{name: _mean(values) for name, values in hits.items()},
        "errors_of_found": {name: _spread(values) for name, values in errors.items()},
        "depth_bias_mm": _mean(np.array([MM * (_depth(s) - s.T_true[2, 3]) for s in found])),
        **_speed(found),
        "intervals": {name: list(limits) for name, limits in intervals.items() if limits is not None},
    }


def shares_of_instances(
    scores: Sequence[InstanceScore], objects: Mapping[int, EvaluatedObject]
) -> dict[str, FloatArray]:
    """What each instance adds to each share, (N,), 0 to 1; the share is their mean. NaN without a camera."""
    diameters = np.array([objects[score.object_id].model.diameter for score in scores])
    relative = np.array([score.add_or_adi for score in scores]) / diameters
    rotation, offset, pixels, mspd = (
        np.array([getattr(score, name) for score in scores])
        for name in ("rotation_deg", "translation", "projection_px", "mspd_px")
    )
    mssd = np.array([score.mssd for score in scores]) / diameters
    unknown = np.isnan(pixels)
    return {
        "add_0_02d": _below(relative, 0.02),
        "add_0_05d": _below(relative, 0.05),
        "add_0_1d": _below(relative, 0.1),
        "add_auc": _areas([score.add for score in scores]),
        "add_s_auc": _areas([score.adi for score in scores]),
        "within_5cm_5deg": _below(offset, FIVE_CM) * _below(rotation, FIVE_DEG),
        "projection_5px": np.where(unknown, np.nan, _below(pixels, FIVE_PX)),
        "ar_mssd": _average_below(mssd, BOP_THRESHOLDS),
        "ar_mspd": np.where(unknown, np.nan, _average_below(mspd, BOP_MSPD_THRESHOLDS)),
    }


def _below(values: FloatArray, threshold: float) -> FloatArray:
    return np.asarray(values < threshold, np.float64)


def _areas(values: Sequence[float]) -> FloatArray:
    return np.array([area_under_curve([value], AUC_LIMIT) for value in values])


def _average_below(values: FloatArray, thresholds: Sequence[float]) -> FloatArray:
    """Share of BOP's thresholds that each error is below."""
    return np.asarray((values[:, None] < np.array(thresholds)).mean(axis=1))


def _errors(found: Sequence[InstanceScore]) -> dict[str, FloatArray]:
    """Errors of the instances that have an estimate."""
    values = {
        "add_mm": [MM * score.add for score in found],
        "add_s_mm": [MM * score.adi for score in found],
        "rotation_deg": [score.rotation_deg for score in found],
        "translation_mm": [MM * score.translation for score in found],
        "depth_mm": [MM * abs(_depth(score) - score.T_true[2, 3]) for score in found],
        "lateral_mm": [MM * _lateral(score) for score in found],
        "projection_px": [score.projection_px for score in found],
        "mssd_mm": [MM * score.mssd for score in found],
        "mspd_px": [score.mspd_px for score in found],
    }
    return {name: np.array(numbers, np.float64) for name, numbers in values.items() if not np.isnan(numbers).any()}


def _depth(score: InstanceScore) -> float:
    assert score.estimate is not None
    return float(score.estimate.T_camera_object[2, 3])


def _lateral(score: InstanceScore) -> float:
    assert score.estimate is not None
    return float(np.linalg.norm(score.estimate.T_camera_object[:2, 3] - score.T_true[:2, 3]))


def _spread(values: FloatArray) -> dict[str, float] | None:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    return {
        "mean": float(finite.mean()),
        "median": float(np.median(finite)),
        "p95": float(np.percentile(finite, 95)),
        "max": float(finite.max()),
    }


def _speed(found: Sequence[InstanceScore]) -> dict[str, float | None]:
    """The scores of the satellite challenges, over instances with an estimate; lower is better."""
    pairs = [(score.estimate.T_camera_object, score.T_true) for score in found if score.estimate is not None]
    errors = [speed_errors(estimated, true) for estimated, true in pairs if true[:3, 3].any()]
    return {
        "speed_score_of_found": speed_score(errors) if errors else None,
        "speed_plus_score_of_found": speed_plus_score(errors) if errors else None,
    }


def _mean(values: ArrayLike) -> float | None:
    array = np.asarray(values, np.float64)
    return float(array.mean()) if array.size and not np.isnan(array).any() else None
