"""Answers find their frames."""

import pytest

from fpgnas_ros.bag_evaluation.association import associate


@pytest.mark.parametrize(
    ("frames", "answers", "max_dt", "expected"),
    [
        ([10, 20, 30], [10, 20, 30], 0, [0, 1, 2]),
        ([10, 20, 30], [32, 9], 2, [1, -1, 0]),
        ([10, 20, 30], [14], 3, [-1, -1, -1]),
        ([10, 20], [12, 11], 5, [1, -1]),  # one frame, one answer: the nearer one
        ([10, 20], [14, 13], 9, [1, 0]),  # the other one goes to the next frame in reach
        ([30, 10, 20], [20, 30, 10], 0, [1, 2, 0]),  # in any order
        ([], [1], 5, []),
        ([1], [], 5, [-1]),
    ],
)
def test_each_frame_gets_the_nearest_free_answer(
    frames: list[int], answers: list[int], max_dt: int, expected: list[int]
) -> None:
    assert associate(frames, answers, max_dt).tolist() == expected


def test_equally_far_answers_are_taken_in_order() -> None:
    assert associate([10], [9, 11], 1).tolist() == [0]


def test_stamps_of_today_keep_their_nanoseconds() -> None:
    now = 1_800_000_000_000_000_000
    assert associate([now], [now + 2], 1).tolist() == [-1]
    assert associate([now], [now + 1], 1).tolist() == [0]
