import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.metrics import mspd
from fpgnas_core.se3 import make_transform
from fpgnas_core.symmetry import symmetry_transforms

CAMERA = Camera(500.0, 400.0, 320.0, 240.0, 640, 480)
TRUE = make_transform(np.eye(3), [0.0, 0.0, 1.0])
POINTS = np.array([[0.1, 0.0, 0.0], [0.0, 0.05, 0.0]])
ALONE = np.eye(4)[None]


def test_largest_distance_in_the_image_counts() -> None:
    # At 2 m instead of 1 m: 50 px become 25, and 0.05 * 400 = 20 px become 10.
    assert mspd(make_transform(np.eye(3), [0.0, 0.0, 2.0]), TRUE, POINTS, ALONE, CAMERA) == pytest.approx(25.0)


def test_error_along_the_view_is_small_in_the_image() -> None:
    assert mspd(make_transform(np.eye(3), [0.0, 0.0, 1.01]), TRUE, POINTS, ALONE, CAMERA) < 0.5


def test_least_over_symmetries() -> None:
    half = np.diag([-1.0, -1.0, 1.0, 1.0])
    estimated = TRUE @ half
    assert mspd(estimated, TRUE, POINTS, ALONE, CAMERA) == pytest.approx(100.0)
    assert mspd(estimated, TRUE, POINTS, symmetry_transforms(half[None], ()), CAMERA) == pytest.approx(0.0, abs=1e-9)


def test_estimate_behind_the_camera_is_infinite() -> None:
    # Its mirrored projection of a point on the axis would be exactly right.
    behind = make_transform(np.eye(3), [0.0, 0.0, -1.0])
    assert mspd(behind, TRUE, np.zeros((1, 3)), ALONE, CAMERA) == float("inf")


def test_symmetry_that_would_lie_behind_the_camera_is_left_out() -> None:
    far = make_transform(np.eye(3), [0.0, 0.0, -5.0])
    assert mspd(TRUE, TRUE, POINTS, np.stack([far, np.eye(4)]), CAMERA) == 0.0
    assert mspd(TRUE, TRUE, POINTS, far[None], CAMERA) == float("inf")
