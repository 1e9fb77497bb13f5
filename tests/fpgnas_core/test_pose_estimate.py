import numpy as np

from fpgnas_core.pose_estimate import PoseEstimate, distinct, numbered, same_place, surest

SQUARE = np.array([[0.0, 0.0], [-20, -20], [20, -20], [20, 20], [-20, 20]])


def seen(x: float, confidence: float, object_id: int = 1, instance: int = -1) -> PoseEstimate:
    """Return an object of 40 px seen `x` pixels to the right."""
    pixels = SQUARE + np.array([x, 0.0])
    return PoseEstimate(object_id, f"object {object_id}", np.eye(4), np.eye(6), confidence, pixels, 0.0, instance)


def confidences(poses: list[PoseEstimate]) -> list[float]:
    return [pose.confidence for pose in poses]


def test_places_are_the_same_within_a_quarter_of_the_extent() -> None:
    assert same_place(SQUARE, SQUARE + np.array([9.9, 0.0]))
    assert not same_place(SQUARE, SQUARE + np.array([10.1, 0.0]))


def test_of_two_at_one_place_the_more_confident_stays() -> None:
    assert confidences(distinct([seen(0, 0.6), seen(5, 0.9), seen(30, 0.7)])) == [0.9, 0.7]


def test_a_tracked_one_stays_before_a_more_confident_one() -> None:
    assert confidences(distinct([seen(0, 0.9), seen(5, 0.6, instance=4)])) == [0.6]


def test_other_objects_may_be_at_one_place() -> None:
    assert len(distinct([seen(0, 0.9, 1), seen(0, 0.8, 2)])) == 2


def test_surest_keeps_as_many_of_each_object_as_are_sought() -> None:
    found = [seen(0, 0.5), seen(50, 0.9), seen(52, 0.8), seen(100, 0.7), seen(0, 0.6, 2), seen(0, 0.4, 3)]
    assert confidences(surest(found, {1: 2, 2: 5})) == [0.9, 0.7, 0.6]


def test_new_instances_get_the_lowest_free_numbers_of_their_objects() -> None:
    found = [seen(0, 0.9, instance=1), seen(50, 0.8), seen(100, 0.7), seen(0, 0.6, 2)]
    assert [pose.instance for pose in numbered(found)] == [1, 0, 2, 0]
