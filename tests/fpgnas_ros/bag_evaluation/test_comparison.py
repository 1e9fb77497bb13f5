"""What is a change, and what is noise."""

import numpy as np
import pytest

from fpgnas_ros.bag_evaluation.comparison import Change, paired_changes, unpaired_changes
from fpgnas_ros.bag_evaluation.summary import summarise_run
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, run_of


def noisy(shift: float, seed: int = 0, spread: float = 0.02) -> list[float | None]:
    return [shift + spread * float(x) for x in np.random.default_rng(seed).random(200)]


def verdicts(changes: list[Change]) -> dict[str, str]:
    return {change.figure: change.verdict for change in changes}


def test_same_frames_a_little_better_each_are_beyond_noise() -> None:
    before, after = run_of(noisy(0.002)), run_of(noisy(0.0))
    found = verdicts(paired_changes(before.instances, after.instances, OBJECTS))
    assert found["add_auc"] == "better"
    assert found["within_5cm_5deg"] == "within noise"  # all are, before and after
    assert verdicts(paired_changes(after.instances, before.instances, OBJECTS))["add_auc"] == "worse"


def test_other_frames_need_a_larger_change() -> None:
    old, near, far = (
        summarise_run(run_of(noisy(shift, seed)), OBJECTS) for shift, seed in ((0.0, 1), (0.0002, 2), (0.03, 3))
    )
    assert set(verdicts(unpaired_changes(old, near)).values()) == {"within noise"}
    found = verdicts(unpaired_changes(old, far))
    assert found["add_auc"] == "worse"
    assert found["add_mm_median"] == "worse"
    assert verdicts(unpaired_changes(far, old))["translation_mm_median"] == "better"


def test_noise_is_that_of_both() -> None:
    def run(value: float, half: float) -> dict:
        return {
            "name": "a",
            "accuracy": {"x": value, "errors_of_found": {}, "intervals": {"x": [value - half, value + half]}},
        }

    (change,) = unpaired_changes(run(0.5, 0.03), run(0.6, 0.04))
    assert (change.low, change.high) == (pytest.approx(0.05), pytest.approx(0.15))
    assert change.verdict == "better"
