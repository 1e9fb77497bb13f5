"""Latency, rate and gaps by hand."""

from dataclasses import replace

import pytest

from fpgnas_ros.bag_evaluation.figures.timing import pace, percentiles, timing
from tests.fpgnas_ros.bag_evaluation.scored import at, score

MS = 1_000_000


def test_latency_is_from_stamp_to_recording() -> None:
    found = timing([score(i, [at()], latency_ns=ms * MS) for i, ms in enumerate([10, 20, 30])])
    assert found["stamp_to_pose_ms"] == pytest.approx({"p50": 20, "p95": 29, "p99": 29.8, "mean": 20, "max": 30})


def test_stages_of_an_estimator_in_milliseconds() -> None:
    scores = [score(i, [at()]) for i in range(3)]
    stages = [{"estimate": 0.010 * (i + 1), "network": 0.002 * (i + 1)} for i in range(3)]
    timed = [
        replace(s, answer=replace(s.answer, stages_s=times))
        for s, times in zip(scores, stages, strict=True)
        if s.answer
    ]
    found = timing(timed)
    assert found["estimate_ms"] == pytest.approx({"p50": 20, "p95": 29, "p99": 29.8, "mean": 20, "max": 30})
    assert found["network_ms"]["mean"] == pytest.approx(4)


def test_frames_without_answer_are_counted() -> None:
    found = timing([score(0, [at()]), score(1, None), score(2, [])])
    assert found["frames_without_answer"] == 1
    assert found["answers"]["count"] == 2
    assert found["stamp_to_pose_ms"] is None


def test_rate_and_gaps() -> None:
    found = pace([[0, 100 * MS, 200 * MS, 500 * MS, 600 * MS]])
    assert found["rate_hz"] == pytest.approx(4 / 0.6)
    assert (found["gaps"], found["longest_gap_s"]) == (1, pytest.approx(0.3))


def test_recordings_are_apart() -> None:
    assert pace([[0, 100 * MS], [10**15, 10**15 + 100 * MS]])["longest_gap_s"] == pytest.approx(0.1)


def test_one_stamp_has_no_rate() -> None:
    assert pace([[5]]) == {"count": 1, "rate_hz": None, "gaps": 0, "longest_gap_s": None}
    assert percentiles([]) is None
