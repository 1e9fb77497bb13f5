import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import exp_rotation, make_transform, transform_points
from fpgnas_core.upright import upright_roll


@pytest.mark.parametrize(
    ("axis", "degrees"),
    [
        ([0.0, -1.0, 0.0], 0.0),  # up already
        ([1.0, 0.0, 0.0], -90.0),  # from the right up: against the clock, from y towards x
        ([-1.0, 0.0, 0.0], 90.0),
        ([1.0, -1.0, 0.0], -45.0),
    ],
)
def test_roll_by_hand(axis: list[float], degrees: float) -> None:
    found = np.degrees(upright_roll([0.0, 0.0, 0.5], axis))
    assert (found - degrees + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-9)


def test_turned_projection_points_up() -> None:
    """Off the optical axis, where depth moves a projection too."""
    camera = Camera(500.0, 500.0, 320.0, 240.0, 640, 480)
    pose = make_transform(exp_rotation([0.4, -1.1, 0.7]), [0.2, -0.12, 0.6])
    start, end = camera.project(transform_points(pose, [[0.0, 0.0, 0.0], [0.0, 0.0, 1e-5]]))
    roll = upright_roll(pose[:3, 3], pose[:3, 2])
    turned = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]) @ (end - start)
    assert turned[0] == pytest.approx(0.0, abs=1e-6)
    assert turned[1] < 0
