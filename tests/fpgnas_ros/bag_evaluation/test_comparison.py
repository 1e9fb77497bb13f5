"""What is a change, and what is noise."""

import json
from pathlib import Path

import numpy as np
import pytest

from fpgnas_ros.bag_evaluation.comparison import Change, compare_runs, compare_with_baseline, read_summary
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.summary import summarise, summarise_run
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, run_of


def noisy(shift: float, seed: int = 0, spread: float = 0.02) -> list[float | None]:
    return [shift + spread * float(x) for x in np.random.default_rng(seed).random(200)]


def verdicts(changes: list[Change]) -> dict[str, str]:
    return {change.figure: change.verdict for change in changes}


def test_same_frames_a_little_better_each_are_beyond_noise() -> None:
    before, after = run_of(noisy(0.002)), run_of(noisy(0.0))
    found = verdicts(compare_runs(before, after, OBJECTS))
    assert found["add_auc"] == "better"
    assert found["within_5cm_5deg"] == "within noise"  # all are, before and after
    assert verdicts(compare_runs(after, before, OBJECTS))["add_auc"] == "worse"


def test_other_frames_need_a_larger_change() -> None:
    old, near, far = (
        summarise_run(run_of(noisy(shift, seed)), OBJECTS) for shift, seed in ((0.0, 1), (0.0002, 2), (0.03, 3))
    )
    assert set(verdicts(compare_with_baseline({"runs": [old]}, near)).values()) == {"within noise"}
    found = verdicts(compare_with_baseline({"runs": [old]}, far))
    assert found["add_auc"] == "worse"
    assert found["add_mm_median"] == "worse"
    assert verdicts(compare_with_baseline({"runs": [far]}, old))["translation_mm_median"] == "better"


def test_noise_is_that_of_both() -> None:
    def run(value: float, half: float) -> dict:
        return {
            "name": "a",
            "accuracy": {"x": value, "errors_of_found": {}, "intervals": {"x": [value - half, value + half]}},
        }

    (change,) = compare_with_baseline({"runs": [run(0.5, 0.03)]}, run(0.6, 0.04))
    assert (change.low, change.high) == (pytest.approx(0.05), pytest.approx(0.15))
    assert change.verdict == "better"


def test_written_summary_is_read_and_others_are_refused(tmp_path: Path) -> None:
    summary = summarise([summarise_run(run_of([0.0, 0.01]), OBJECTS)], [], Findings(), "test")
    path = tmp_path / "summary.json"
    path.write_text(json.dumps(summary))
    assert read_summary(path) == json.loads(json.dumps(summary))
    path.write_text(json.dumps({**summary, "format_version": 99}))
    with pytest.raises(EvaluationError, match="expected format_version 1, got 99; evaluate again"):
        read_summary(path)
    for content in ("[]", "{", '{"add_0_1d": 1}'):
        path.write_text(content)
        with pytest.raises(EvaluationError, match=r"expected a summary\.json of evaluate_bag"):
            read_summary(path)
    with pytest.raises(EvaluationError, match=r"none\.json: expected a summary\.json, got No such file"):
        read_summary(tmp_path / "none.json")
