from collections.abc import Callable

import numpy as np
import pytest

from fpgnas_core.errors import MetricError
from fpgnas_core.metrics import SpeedErrors, speed_errors, speed_plus_score, speed_score
from fpgnas_core.se3 import exp_rotation, make_transform

TRUE = make_transform(exp_rotation([0.3, -0.5, 1.0]), [0.0, 0.0, 10.0])


def _turned(degrees: float, metres: float) -> np.ndarray:
    turn = exp_rotation([0.0, np.radians(degrees), 0.0])
    return make_transform(turn @ TRUE[:3, :3], [metres, 0.0, 10.0])


def test_errors_by_hand() -> None:
    errors = speed_errors(_turned(90.0, 0.5), TRUE)
    assert errors.translation == pytest.approx(0.05)
    assert errors.rotation_rad == pytest.approx(np.pi / 2)


def test_translation_is_relative_to_the_true_distance_not_the_estimated() -> None:
    assert speed_errors(make_transform(TRUE[:3, :3], [0.0, 0.0, 5.0]), TRUE).translation == pytest.approx(0.5)


def test_perfect_pose_is_zero_and_not_nan() -> None:
    assert speed_errors(TRUE, TRUE) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_half_turn_is_pi() -> None:
    assert speed_errors(_turned(180.0, 0.0), TRUE).rotation_rad == pytest.approx(np.pi)


def test_speed_score_is_the_mean_of_sums() -> None:
    assert speed_score([SpeedErrors(0.1, 0.2), SpeedErrors(0.0, 0.5)]) == pytest.approx(0.4)


def test_speed_plus_forgives_each_error_on_its_own() -> None:
    just_below, just_above = np.radians(0.1689), np.radians(0.1691)
    assert speed_plus_score([SpeedErrors(0.002172, just_below)]) == 0.0
    assert speed_plus_score([SpeedErrors(0.002174, just_below)]) == pytest.approx(0.002174)
    assert speed_plus_score([SpeedErrors(0.002172, just_above)]) == pytest.approx(just_above)
    assert speed_plus_score([SpeedErrors(0.002174, just_above)]) == pytest.approx(0.002174 + just_above)


def test_error_on_the_floor_counts_in_full() -> None:
    assert speed_plus_score([SpeedErrors(0.002173, 0.0)]) == 0.002173


def test_speed_plus_floors_are_of_images_not_of_means() -> None:
    # The mean translation error 0.0015 is below the floor, the error of the second image is not.
    assert speed_plus_score([SpeedErrors(0.0, 0.0), SpeedErrors(0.003, 0.0)]) == pytest.approx(0.0015)


@pytest.mark.parametrize("score", [speed_score, speed_plus_score])
def test_no_images_are_an_error(score: Callable[..., float]) -> None:
    with pytest.raises(MetricError, match="at least one image"):
        score([])


def test_target_at_the_camera_is_an_error() -> None:
    with pytest.raises(MetricError, match="T_true: expected a target away from the camera"):
        speed_errors(TRUE, np.eye(4))
