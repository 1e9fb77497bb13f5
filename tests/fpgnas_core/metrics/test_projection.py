import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.metrics import projection_error_px
from fpgnas_core.se3 import make_transform

CAMERA = Camera(500.0, 500.0, 320.0, 240.0, 640, 480)
PAIR = np.array([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
TRUE = make_transform(np.eye(3), [0.0, 0.0, 1.0])
BEHIND = make_transform(np.eye(3), [0.0, 0.0, -1.0])


def test_projection_error_by_hand() -> None:
    # 1 cm sideways at 1 m under 500 px focal length is 5 px for every point of this depth.
    moved = make_transform(np.eye(3), [0.01, 0.0, 1.0])
    assert projection_error_px(moved, TRUE, PAIR, CAMERA) == pytest.approx(5.0)


def test_average_over_points() -> None:
    # At 2 m the points at 0.1 m are seen 25 px from the centre instead of 50, one more on the axis does not move.
    points = np.vstack([PAIR, np.zeros((1, 3))])
    assert projection_error_px(make_transform(np.eye(3), [0, 0, 2.0]), TRUE, points, CAMERA) == pytest.approx(50 / 3)


def test_lens_distortion_counts() -> None:
    # k1 = 1 at x = 0.1 of the image plane: 0.1 (1 + 0.01) = 0.101, and at 0.2: 0.2 (1 + 0.04) = 0.208.
    bent = Camera(500.0, 500.0, 320.0, 240.0, 640, 480, (1.0, 0.0, 0.0, 0.0))
    moved = make_transform(np.eye(3), [0.1, 0.0, 1.0])
    assert projection_error_px(moved, TRUE, PAIR[:1], bent) == pytest.approx(500 * (0.208 - 0.101))


@pytest.mark.parametrize(("estimated", "true"), [(BEHIND, TRUE), (TRUE, BEHIND)])
def test_behind_the_camera_is_infinite(estimated: np.ndarray, true: np.ndarray) -> None:
    assert projection_error_px(estimated, true, PAIR, CAMERA) == float("inf")
