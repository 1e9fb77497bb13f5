import numpy as np

from fpgnas_core.metrics import match_greedily

INFINITE = float("inf")
BOTH = np.array([True, True])


def test_more_confident_estimate_chooses_first() -> None:
    # The first estimate is nearer to instance 0, but the second, surer one takes it.
    assert match_greedily([[0.1, 0.4], [0.2, 0.9]], [0.5, 0.8], 0.5, BOTH).tolist() == [1, 0]


def test_greedy_is_not_the_assignment_of_least_sum() -> None:
    assert match_greedily([[0.1, 0.2], [0.3, 0.9]], [0.9, 0.5], 0.5, BOTH).tolist() == [0, -1]


def test_error_on_the_threshold_is_no_match() -> None:
    assert match_greedily([[0.5, 0.6]], [1.0], 0.5, BOTH).tolist() == [-1]


def test_instance_that_is_no_candidate_is_left() -> None:
    assert match_greedily([[0.1, 0.3]], [1.0], 0.5, np.array([False, True])).tolist() == [1]


def test_equal_confidences_go_in_order() -> None:
    assert match_greedily([[0.2, INFINITE], [0.1, INFINITE]], [0.7, 0.7], 0.5, BOTH).tolist() == [0, -1]


def test_equal_errors_take_the_first_instance() -> None:
    assert match_greedily([[0.2, 0.2]], [0.7], 0.5, BOTH).tolist() == [0]


def test_infinite_errors_never_match() -> None:
    assert match_greedily([[INFINITE, INFINITE]], [1.0], INFINITE, BOTH).tolist() == [-1]


def test_no_estimates_and_no_instances() -> None:
    assert match_greedily(np.zeros((0, 2)), [], 0.5, BOTH).tolist() == []
    assert match_greedily(np.zeros((2, 0)), [0.1, 0.2], 0.5, np.zeros(0, bool)).tolist() == [-1, -1]
