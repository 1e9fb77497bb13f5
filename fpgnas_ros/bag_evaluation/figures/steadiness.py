"""Jitter, flips and lag of one tracked object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from fpgnas_core.arrays import FloatArray
from fpgnas_core.se3 import rotation_angle
from fpgnas_ros.bag_evaluation.scoring import FrameScore, InstanceScore

STILL_SPEED, STILL_TURN_DEG = 0.005, 2.0
"""Below both, metres and degrees a second, the object stands still before the camera."""
FLIP_DEG = 45.0
"""A rotation error that changes by more than this from one frame to the next is a flip."""
NEIGHBOURS_S = 0.5
"""Frames further apart than this are no neighbours."""
LARGEST_LAG_S = 0.5
LEAST_MOTION = 0.01  # metres, standard deviation; a lag cannot be seen in less
MM = 1000.0


@dataclass(frozen=True, eq=False)
class _Moment:
    stamp_s: float
    T_true: FloatArray
    T_estimated: FloatArray
    identity: str


def steadiness(scores: Sequence[FrameScore], object_id: int) -> dict[str, Any]:
    """Figures of one object, over frames that show it once and answer with a detection of it.

    jitter: standard deviation of the error from frame to frame, that is root mean square of its change over
    sqrt(2), so that a constant error is none. `still`: of pairs of frames between which nothing moved. `id_switches`:
    how often the id of the detection is another one than at the detection before, however long ago that was, as MOTA
    counts them (Bernardin and Stiefelhagen 2008); None of estimates without ids.
    """
    pairs = [pair for moments in _tracks(scores, object_id) for pair in pairwise(moments)]
    pairs = [(a, b) for a, b in pairs if 0 < b.stamp_s - a.stamp_s <= NEIGHBOURS_S]
    still = [pair for pair in pairs if _is_still(*pair)]
    turns = [_error_turn_deg(*pair) for pair in pairs]
    return {
        "pairs": len(pairs),
        "jitter_mm": _jitter([MM * _error_step(*pair) for pair in pairs]),
        "jitter_deg": _jitter([turn for turn in turns if turn <= FLIP_DEG]),
        "still_pairs": len(still),
        "still_jitter_mm": _jitter([MM * _error_step(*pair) for pair in still]),
        "still_jitter_deg": _jitter([_error_turn_deg(*pair) for pair in still]),
        "id_switches": _switches(scores, object_id),
        "flips": sum(turn > FLIP_DEG for turn in turns),
        "lag_ms": lag_ms(scores, object_id),
    }


def _tracks(scores: Sequence[FrameScore], object_id: int) -> list[list[_Moment]]:
    """The moments of each recording in the order of their stamps."""
    tracks: dict[int, list[_Moment]] = {}
    for score in scores:
        own = [instance for instance in score.instances if instance.object_id == object_id]
        if len(own) == 1 and own[0].is_detected:
            tracks.setdefault(score.frame.bag, []).append(_moment(score, own[0]))
    return [sorted(moments, key=lambda moment: moment.stamp_s) for moments in tracks.values()]


def _moment(score: FrameScore, instance: InstanceScore) -> _Moment:
    assert instance.estimate is not None
    return _Moment(score.frame.stamp_s, instance.T_true, instance.estimate.T_camera_object, instance.estimate.identity)


def _switches(scores: Sequence[FrameScore], object_id: int) -> int | None:
    tracks = [[m.identity for m in moments if m.identity] for moments in _tracks(scores, object_id)]
    if not any(tracks):
        return None
    return sum(before != after for track in tracks for before, after in pairwise(track))


def _is_still(first: _Moment, second: _Moment) -> bool:
    seconds = second.stamp_s - first.stamp_s
    moved = float(np.linalg.norm(second.T_true[:3, 3] - first.T_true[:3, 3]))
    turned = np.degrees(rotation_angle(second.T_true[:3, :3] @ first.T_true[:3, :3].T))
    return moved < STILL_SPEED * seconds and turned < STILL_TURN_DEG * seconds


def _error_step(first: _Moment, second: _Moment) -> float:
    """How far the translation error moved, metres."""
    errors = [moment.T_estimated[:3, 3] - moment.T_true[:3, 3] for moment in (first, second)]
    return float(np.linalg.norm(errors[1] - errors[0]))


def _error_turn_deg(first: _Moment, second: _Moment) -> float:
    """How far the rotation error turned; equivalent poses of a symmetric object are not the same here."""
    errors = [moment.T_true[:3, :3].T @ moment.T_estimated[:3, :3] for moment in (first, second)]
    return float(np.degrees(rotation_angle(errors[1] @ errors[0].T)))


def _jitter(steps: Sequence[float]) -> float | None:
    return float(np.sqrt(np.mean(np.square(steps)) / 2)) if len(steps) else None


def lag_ms(scores: Sequence[FrameScore], object_id: int) -> float | None:
    """By how much the estimates trail the truth, milliseconds; negative: they run ahead. None without motion.

    The shift of the true translations in time that leaves the least variance of the error, so that a constant
    offset counts nothing; to LARGEST_LAG_S, over the longest recording.
    """
    moments = max(_tracks(scores, object_id), key=len, default=[])
    if len(moments) < 10 or moments[-1].stamp_s - moments[0].stamp_s < 4 * LARGEST_LAG_S:
        return None
    start = moments[0].stamp_s
    times = np.array([moment.stamp_s - start for moment in moments])
    true = np.array([moment.T_true[:3, 3] for moment in moments])
    estimated = np.array([moment.T_estimated[:3, 3] for moment in moments])
    if np.sqrt(true.var(axis=0).sum()) < LEAST_MOTION:
        return None
    inside = (times >= LARGEST_LAG_S) & (times <= times[-1] - LARGEST_LAG_S)

    def variance(lag: float) -> float:
        shifted = np.stack([np.interp(times[inside] - lag, times, column) for column in true.T], axis=1)
        return float((estimated[inside] - shifted).var(axis=0).sum())

    grid = np.linspace(-LARGEST_LAG_S, LARGEST_LAG_S, 101)
    best = grid[int(np.argmin([variance(lag) for lag in grid]))]
    step = grid[1] - grid[0]
    return 1000.0 * float(minimize_scalar(variance, bounds=(best - step, best + step), method="bounded").x)
