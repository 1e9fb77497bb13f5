import numpy as np
import pytest

from fpgnas_core.metrics import within_5cm_5deg
from fpgnas_core.se3 import exp_rotation, make_transform
from fpgnas_core.symmetry import ContinuousSymmetry

TRUE = make_transform(np.eye(3), [0.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("metres", "degrees", "within"),
    [(0.0, 0.0, True), (0.049, 4.9, True), (0.051, 0.0, False), (0.0, 5.1, False), (0.051, 5.1, False)],
)
def test_both_limits_hold(metres: float, degrees: float, within: bool) -> None:
    estimated = make_transform(exp_rotation([np.radians(degrees), 0.0, 0.0]), [metres, 0.0, 1.0])
    assert within_5cm_5deg(estimated, TRUE) is within


def test_limit_itself_is_outside() -> None:
    true = make_transform(np.eye(3), [0.0, 0.0, 0.0])
    assert not within_5cm_5deg(make_transform(np.eye(3), [0.05, 0.0, 0.0]), true)


def test_equivalent_pose_counts() -> None:
    estimated = make_transform(exp_rotation([0.0, 0.0, 2.0]), [0.0, 0.0, 1.0])
    assert not within_5cm_5deg(estimated, TRUE)
    assert within_5cm_5deg(estimated, TRUE, (), [ContinuousSymmetry((0.0, 0.0, 1.0))])


def test_symmetry_about_an_axis_off_the_origin_moves_the_origin_too() -> None:
    # A turn of half a circle about an axis 10 cm off moves the origin by 20 cm without any visible change.
    axis = ContinuousSymmetry((0.0, 0.0, 1.0), (0.1, 0.0, 0.0))
    assert within_5cm_5deg(TRUE @ axis.turn(np.pi), TRUE, (), [axis])
