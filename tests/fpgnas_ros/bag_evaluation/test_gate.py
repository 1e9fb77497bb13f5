"""Conditions are read, find their figure and judge it."""

import pytest

from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.gate import Condition, judge

SUMMARY = {
    "sanity": {"zero_stamps": {"count": 2}},
    "runs": [
        {
            "name": "old",
            "frames": 10,
            "accuracy": {"add_s_auc": 0.75, "errors_of_found": {"add_mm": {"p95": 9.0}, "add_s_mm": {"p95": 4.0}}},
            "timing": {"stamp_to_pose_ms": None, "images": {"rate_hz": 15.0}},
            "objects": {"cup": {"accuracy": {"add_s_auc": 0.5}, "steadiness": {"lag_ms": None, "jitter_mm": 2.0}}},
        }
    ],
}


@pytest.mark.parametrize(
    ("text", "failed", "name"),
    [
        ("add_s_auc < 0.8", True, "accuracy.add_s_auc"),
        ("add_s_auc<0.75", False, "accuracy.add_s_auc"),
        ("add_s_auc <= 0.75", True, "accuracy.add_s_auc"),
        ("jitter_mm > 1.5", True, "objects.cup.steadiness.jitter_mm"),
        ("objects.cup.accuracy.add_s_auc >= 0.6", False, "objects.cup.accuracy.add_s_auc"),
        ("add_mm.p95 > 1e1", False, "accuracy.errors_of_found.add_mm.p95"),
        ("zero_stamps > 0", True, "sanity.zero_stamps"),
        ("frames < 10", False, "frames"),
        ("lag_ms > 5", True, "objects.cup.steadiness.lag_ms"),  # a figure without value fails
    ],
)
def test_conditions_are_judged(text: str, failed: bool, name: str) -> None:
    (verdict,) = judge(SUMMARY, [Condition.parse(text)])
    assert (verdict.has_failed, verdict.name) == (failed, name)
    assert verdict.line.startswith("failed: old: " if failed else "passed: old: ")


@pytest.mark.parametrize("text", ["add_s_auc", "add_s_auc = 1", "add_s_auc < many", "< 3", "a < 1 < 2", "a < 1e"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(EvaluationError, match="expected FIGURE < NUMBER"):
        Condition.parse(text)


def test_unknown_and_ambiguous_figures_are_refused() -> None:
    with pytest.raises(
        EvaluationError, match=r"add_auc: expected a figure of summary.json, got none; there are add_s_auc"
    ):
        judge(SUMMARY, [Condition.parse("add_auc < 1")])
    with pytest.raises(
        EvaluationError, match=r"expected the name of one figure, got accuracy.errors_of_found.add_mm.p95"
    ):
        judge(SUMMARY, [Condition.parse("p95 < 1")])
