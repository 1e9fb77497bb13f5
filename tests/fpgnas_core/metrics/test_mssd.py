import numpy as np
import pytest

from fpgnas_core.errors import ShapeError
from fpgnas_core.metrics import mssd
from fpgnas_core.se3 import exp_rotation, make_transform
from fpgnas_core.symmetry import ContinuousSymmetry, symmetry_transforms

TRUE = make_transform(np.eye(3), [0.0, 0.0, 1.0])
POINTS = np.array([[0.1, 0.0, 0.0], [0.0, 0.02, 0.0], [0.0, 0.0, 0.3]])
ALONE = np.eye(4)[None]


def test_largest_distance_counts() -> None:
    # A quarter turn about z moves (0.1, 0, 0) by 0.1 sqrt(2), (0, 0.02, 0) by less and the point on the axis not.
    turned = TRUE @ make_transform(exp_rotation([0.0, 0.0, np.pi / 2]), np.zeros(3))
    assert mssd(turned, TRUE, POINTS, ALONE) == pytest.approx(0.1 * np.sqrt(2))


def test_least_over_symmetries() -> None:
    half = np.diag([-1.0, -1.0, 1.0, 1.0])
    moved = TRUE @ half
    moved[0, 3] = 0.01
    # The point at 0.1 is seen at -0.1 + 0.01.
    assert mssd(moved, TRUE, POINTS, ALONE) == pytest.approx(0.19)
    assert mssd(moved, TRUE, POINTS, symmetry_transforms(half[None], ())) == pytest.approx(0.01)


def test_error_between_two_steps_of_a_continuous_symmetry() -> None:
    # Half a step of four: 45 degrees at radius 0.1 is a chord of 0.2 sin(22.5 deg).
    symmetries = symmetry_transforms((), [ContinuousSymmetry((0.0, 0.0, 1.0))], steps=4)
    turned = TRUE @ make_transform(exp_rotation([0.0, 0.0, np.pi / 4]), np.zeros(3))
    assert mssd(turned, TRUE, POINTS, symmetries) == pytest.approx(0.2 * np.sin(np.pi / 8))


def test_no_symmetry_at_all_is_an_error() -> None:
    with pytest.raises(ShapeError, match=r"at least the identity, got none"):
        mssd(TRUE, TRUE, POINTS, np.zeros((0, 4, 4)))
