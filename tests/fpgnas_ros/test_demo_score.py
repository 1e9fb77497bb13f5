"""Figures of a run against errors worked out by hand."""

import numpy as np
import pytest

from fpgnas_core.se3 import make_transform
from fpgnas_ros.demo_score import FrameResult, score, summary_line

POINTS = np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.0, 0.1, 0.0]])
TRUE = make_transform(np.eye(3), [0.0, 0.0, 1.0])


def frame(error_m: float | None, latency_s: float = 0.01, processed: bool = True) -> FrameResult:
    """A frame whose pose is off by a translation, so its ADD is that distance; None: no pose came."""
    if error_m is None:
        return FrameResult(0, TRUE, 5.0, None, None, processed)
    return FrameResult(0, TRUE, 5.0, 5.0 + latency_s, make_transform(np.eye(3), [error_m, 0.0, 1.0]), processed)


def test_a_frame_without_pose_counts_as_wrong() -> None:
    frames = [frame(0.001), frame(0.009), frame(0.011), frame(None), frame(None, processed=False)]
    figures = score(frames, POINTS, diameter=0.1)
    assert (figures["frames"], figures["poses"], figures["dropped"]) == (5, 3, 1)
    assert figures["add_0_1d"] == pytest.approx(2 / 5)
    assert figures["add_0_05d"] == pytest.approx(1 / 5)
    assert figures["add_median_mm"] == pytest.approx(9.0)


def test_latency_is_from_publishing_to_the_pose() -> None:
    figures = score([frame(0.0, latency) for latency in (0.010, 0.020, 0.030)], POINTS, 0.1)
    assert figures["latency_p50_ms"] == pytest.approx(20.0)
    assert figures["latency_p99_ms"] == pytest.approx(29.8)


def test_a_run_without_poses_has_no_medians() -> None:
    figures = score([frame(None)], POINTS, 0.1)
    assert figures["add_0_1d"] == 0
    assert figures["add_median_mm"] is None
    assert summary_line(figures).endswith("latency p50 - ms p99 - ms, dropped 0")


def test_line_is_of_the_documented_form() -> None:
    line = summary_line(score([frame(0.0), frame(None)], POINTS, 0.1))
    assert line == "demo: 2 frames, 1 poses, ADD-0.1d 50.0 %, latency p50 10.0 ms p99 10.0 ms, dropped 0"
