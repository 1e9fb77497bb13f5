import numpy as np
import pytest

from fpgnas_core.errors import MetricError
from fpgnas_core.metrics import TargetErrors, average_recall, recall


def _target(
    confidences: list[float], errors: list[list[float]], visible: list[float], instance_count: int
) -> TargetErrors:
    table = np.array(errors).reshape(len(confidences), len(visible), 1)
    return TargetErrors(np.array(confidences), table, np.array(visible), instance_count)


FOUND = _target([0.9], [[0.12]], [1.0], 1)
MISSED = _target([], [], [1.0], 1)


def test_share_of_instances_found_at_each_threshold() -> None:
    assert recall([FOUND, MISSED], [0.1, 0.2]).tolist() == [[0.0], [0.5]]
    assert average_recall([FOUND, MISSED], [0.1, 0.2]) == 0.25


def test_targets_weigh_by_their_instances() -> None:
    three = _target([0.9, 0.8, 0.7], np.diag([0.0, 0.0, 9.0]).tolist(), [1.0, 1.0, 1.0], 3)
    # Estimates 1 and 2 take instance 0 and 1, the third is left with its own of error 9.
    assert recall([three, MISSED], [0.1]).tolist() == [[0.5]]


def test_only_as_many_estimates_as_instances_count() -> None:
    assert recall([_target([0.9, 0.8], [[1.0], [0.0]], [1.0], 1)], [0.1]).tolist() == [[0.0]]


def test_only_the_most_visible_instances_count() -> None:
    # Instance 1 is the most visible one, so an estimate of instance 0 finds nothing.
    assert recall([_target([0.9], [[0.0, 1.0]], [0.2, 0.8], 1)], [0.1]).tolist() == [[0.0]]
    assert recall([_target([0.9], [[1.0, 0.0]], [0.2, 0.8], 1)], [0.1]).tolist() == [[1.0]]


def test_equally_visible_instances_count_in_order() -> None:
    assert _target([], [], [0.5, 0.5, 0.7], 2).counted.tolist() == [True, False, True]


def test_fewer_annotated_instances_than_asked_for() -> None:
    assert recall([_target([0.9, 0.8], [[0.0], [0.0]], [1.0], 2)], [0.1]).tolist() == [[1.0]]


def test_each_of_several_errors_has_its_own_recall() -> None:
    target = TargetErrors(np.array([0.9]), np.array([[[0.3, 0.1]]]), np.array([1.0]), 1)
    assert recall([target], [0.2, 0.4]).tolist() == [[0.0, 1.0], [1.0, 1.0]]


def test_no_targets_are_an_error() -> None:
    with pytest.raises(MetricError, match="targets: expected at least one"):
        recall([], [0.1])


@pytest.mark.parametrize(
    ("errors", "count", "message"),
    [
        (np.zeros((1, 2, 1)), 1, r"expected shape .* \(1, 1\) and n > 0, got \(1, 2, 1\)"),
        (np.zeros((1, 1)), 1, r"got \(1, 1\)"),
        (np.full((1, 1, 1), np.nan), 1, "got NaN"),
        (np.zeros((1, 1, 1)), 0, "instance_count: expected at least 1, got 0"),
    ],
)
def test_broken_targets_are_refused(errors: np.ndarray, count: int, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        TargetErrors(np.array([0.5]), errors, np.array([1.0]), count)
