"""Jitter, flips and lag of made-up motions."""

import numpy as np
import pytest

from fpgnas_core.symmetry import nearest_equivalent
from fpgnas_ros.bag_evaluation.figures.steadiness import lag_ms, steadiness
from fpgnas_ros.bag_evaluation.scoring import FrameScore
from tests.fpgnas_ros.bag_evaluation.scored import at, evaluated, score


def test_constant_error_is_no_jitter() -> None:
    found = steadiness([score(i, [at(x=0.03, turn_deg=5)]) for i in range(5)], 1)
    assert found["still_pairs"] == found["pairs"] == 4
    assert found["still_jitter_mm"] == pytest.approx(0, abs=1e-9)
    assert found["still_jitter_deg"] == pytest.approx(0, abs=1e-5)


def test_jitter_is_the_deviation_of_white_noise() -> None:
    rng = np.random.default_rng(1)
    scores = [score(i, [at(x=0.002 * rng.standard_normal(), turn_deg=0.5 * rng.standard_normal())]) for i in range(500)]
    found = steadiness(scores, 1)
    assert found["still_jitter_mm"] == pytest.approx(2.0, rel=0.1)
    assert found["still_jitter_deg"] == pytest.approx(0.5, rel=0.1)


def test_alternating_error_by_hand() -> None:
    found = steadiness([score(i, [at(x=0.002 * (i % 2))]) for i in range(5)], 1)
    assert found["jitter_mm"] == pytest.approx(2 / np.sqrt(2))
    turning = steadiness([score(i, [at(turn_deg=3 * (i % 2))]) for i in range(5)], 1)
    assert turning["jitter_deg"] == turning["still_jitter_deg"] == pytest.approx(3 / np.sqrt(2))


def test_motion_of_the_object_is_no_jitter_and_not_still() -> None:
    scores = [score(i, [at(x=0.01 * i)], [at(x=0.01 * i)]) for i in range(5)]
    found = steadiness(scores, 1)
    assert (found["still_pairs"], found["still_jitter_mm"]) == (0, None)
    assert found["jitter_mm"] == pytest.approx(0, abs=1e-9)


def test_jump_of_the_rotation_error_is_a_flip_also_between_equivalent_poses() -> None:
    symmetric = {1: evaluated(symmetric=True)}
    turns = [0, 0, 180, 180, 0, 30]
    scores = [score(i, [at(turn_deg=turn)], objects=symmetric) for i, turn in enumerate(turns)]
    assert steadiness(scores, 1)["flips"] == 2
    equal = nearest_equivalent(at(turn_deg=180), at(), [], symmetric[1].model.symmetries_continuous)
    np.testing.assert_allclose(equal, at(), atol=1e-12)


def test_switches_of_the_id_count_over_gaps_and_not_over_recordings() -> None:
    def named(number: int, identity: str, bag: int = 0) -> FrameScore:
        return score(number, [at()], bag=bag, identity=identity)

    names = ["a", "a", "b", "b", "a"]
    scores = [named(i, name) for i, name in enumerate(names)]
    assert steadiness(scores, 1)["id_switches"] == 2
    missed = score(2, [])
    assert steadiness([named(0, "a"), missed, named(20, "b")], 1)["id_switches"] == 1
    assert steadiness([named(0, "a"), named(1, "b", bag=1)], 1)["id_switches"] == 0
    assert steadiness([score(i, [at()]) for i in range(3)], 1)["id_switches"] is None


def test_frames_far_apart_are_no_neighbours() -> None:
    assert steadiness([score(0, [at()]), score(6, [at(x=0.05)])], 1)["pairs"] == 0


@pytest.mark.parametrize("lag", [0.0, 0.12, -0.05])
def test_lag_is_the_delay_of_the_estimates(lag: float) -> None:
    def place(t: float, offset: float = 0.0) -> np.ndarray:
        return at(x=0.1 * np.sin(2 * t) + offset, y=0.05 * np.cos(3 * t))

    scores = [score(i, [place(0.1 * i - lag, 0.02)], [place(0.1 * i)]) for i in range(100)]
    assert lag_ms(scores, 1) == pytest.approx(1000 * lag, abs=4)


def test_lag_needs_motion() -> None:
    assert lag_ms([score(i, [at()]) for i in range(100)], 1) is None
