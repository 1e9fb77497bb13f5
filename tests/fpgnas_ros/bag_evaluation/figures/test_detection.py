"""Counts and dropouts by hand."""

import pytest

from fpgnas_ros.bag_evaluation.figures.detection import detection, longest_dropout
from tests.fpgnas_ros.bag_evaluation.scored import at, score


def test_matched_missed_and_spurious_are_counted() -> None:
    scores = [
        score(0, [at()]),
        score(1, []),
        score(2, [at(), at(x=1)]),
        score(3, [at()], truth=[]),
        score(4, [at()], truth=None),
        score(5, [at(x=0.5)]),
    ]
    found = detection(scores)
    assert (found["matched"], found["missed"], found["spurious"]) == (2, 2, 3)
    assert (found["frames_with_truth"], found["frames_without_truth"]) == (5, 1)
    assert found["recall"] == pytest.approx(2 / 4)
    assert found["precision"] == pytest.approx(2 / 5)


def seen(pattern: str, bag: int = 0) -> list:
    return [score(i, [at()] if letter == "x" else [], bag=bag) for i, letter in enumerate(pattern)]


@pytest.mark.parametrize(
    ("pattern", "frames", "seconds"),
    [("xxxx", 0, 0.0), ("x..x.x", 2, 0.3), ("..x", 2, 0.2), ("x...", 3, 0.3), ("....", 4, 0.3)],
)
def test_longest_dropout_lasts_from_detection_to_detection(pattern: str, frames: int, seconds: float) -> None:
    assert longest_dropout(seen(pattern)) == (frames, pytest.approx(seconds))


def test_frames_that_show_nothing_are_no_dropout() -> None:
    scores = [score(0, [at()]), score(1, [], truth=[]), score(2, [at()])]
    assert longest_dropout(scores) == (0, 0.0)


def test_dropouts_do_not_reach_over_recordings() -> None:
    assert longest_dropout(seen("x..", bag=0) + seen("..x", bag=1)) == (2, pytest.approx(0.2))


def test_no_estimate_at_all_has_no_precision() -> None:
    assert detection([score(0, [])])["precision"] is None
