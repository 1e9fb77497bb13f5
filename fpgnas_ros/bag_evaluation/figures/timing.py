"""How fast: latency, rate, gaps and drops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fpgnas_ros.bag_evaluation.scoring import FrameScore

GAP_PERIODS = 1.5
"""An interval longer than this many median intervals is a gap."""
MS = 1000.0


def timing(scores: Sequence[FrameScore]) -> dict[str, Any]:
    """stamp_to_pose_ms: from the header's stamp of the frame to when its answer was recorded.

    estimate_ms and the stages within it: of an estimator that is run again.
    """
    answers = [(score.frame, score.answer) for score in scores if score.answer is not None]
    latencies = [(a.recorded_ns - frame.stamp_ns) / 1e6 for frame, a in answers if a.recorded_ns is not None]
    stages = [a.stages_s for _, a in answers if a.stages_s is not None]
    names = list(stages[0]) if stages else []
    return {
        "stamp_to_pose_ms": percentiles(latencies),
        **{f"{name}_ms": percentiles([MS * stage[name] for stage in stages]) for name in names},
        "images": pace([[s.frame.stamp_ns for s in group] for group in _by_bag(scores)]),
        "answers": pace([[s.frame.stamp_ns for s in group if s.answer is not None] for group in _by_bag(scores)]),
        "frames_without_answer": len(scores) - len(answers),
    }


def _by_bag(scores: Sequence[FrameScore]) -> list[list[FrameScore]]:
    bags = sorted({score.frame.bag for score in scores})
    return [[score for score in scores if score.frame.bag == bag] for bag in bags]


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """Median, 95th and 99th percentile, mean and largest."""
    if not len(values):
        return None
    p50, p95, p99 = (float(value) for value in np.percentile(values, [50, 95, 99]))
    return {"p50": p50, "p95": p95, "p99": p99, "mean": float(np.mean(values)), "max": float(np.max(values))}


def pace(stamps_ns: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Rate and gaps of stamps, those of each recording by themselves."""
    steps = [np.diff(np.sort(np.array(group, np.int64))) / 1e9 for group in stamps_ns]
    intervals = np.concatenate([*steps, np.zeros(0)])
    count = sum(len(group) for group in stamps_ns)
    if not intervals.size or not intervals.sum():
        return {"count": count, "rate_hz": None, "gaps": 0, "longest_gap_s": None}
    return {
        "count": count,
        "rate_hz": float(len(intervals) / intervals.sum()),
        "gaps": int((intervals > GAP_PERIODS * np.median(intervals)).sum()),
        "longest_gap_s": float(intervals.max()),
    }
