"""Lenses, regions and binning against cameras worked out by hand."""

import math
from dataclasses import replace

import pytest

from fpgnas_core.calibration import Lens, Region, calibrated_lens, image_camera
from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError

SENSOR = Camera(500.0, 510.0, 320.0, 240.0, 640, 480, (0.1, -0.2, 0.001, 0.002))
WHOLE = Region(0, 0, 0, 0)


@pytest.mark.parametrize("count", [0, 4, 5, 8])
def test_zero_coefficients_are_no_distortion(count: int) -> None:
    assert calibrated_lens([0.0] * count, "equidistant") == Lens((), "equidistant")


def test_coefficients_are_kept_with_their_zeros() -> None:
    assert calibrated_lens([0.0, 0.2, 0.0, 0.0], "equidistant") == Lens((0.0, 0.2, 0.0, 0.0), "equidistant")


def test_coefficients_that_are_not_numbers_are_left_for_the_camera_to_refuse() -> None:
    assert math.isnan(calibrated_lens([math.nan, 0.0], "plumb_bob").distortion[0])


def test_model_without_a_name_is_plumb_bob() -> None:
    assert calibrated_lens([0.1] * 5, "").model == "plumb_bob"


@pytest.mark.parametrize("region", [WHOLE, Region(0, 0, 640, 480), Region(100, 40, 0, 160), Region(100, 40, 200, 0)])
@pytest.mark.parametrize("binning", [(0, 0), (1, 1), (0, 1)])
def test_whole_unbinned_sensor_is_its_own_camera(region: Region, binning: tuple[int, int]) -> None:
    assert image_camera(SENSOR, region, binning) == SENSOR


def test_region_moves_the_principal_point() -> None:
    camera = image_camera(SENSOR, Region(100, 40, 200, 160), (0, 0))
    assert camera == replace(SENSOR, cx=220.0, cy=200.0, width=200, height=160)


def test_binning_scales_about_pixel_corners() -> None:
    # the two pixels 320 and 321 become pixel 160, so 320 is a quarter left of its centre
    expected = replace(SENSOR, fx=250.0, fy=255.0, cx=159.75, cy=119.75, width=320, height=240)
    assert image_camera(SENSOR, WHOLE, (2, 2)) == expected


def test_each_axis_has_its_binning() -> None:
    expected = replace(SENSOR, fy=127.5, cy=240.5 / 4 - 0.5, height=120)
    assert image_camera(SENSOR, WHOLE, (0, 4)) == expected


def test_region_is_of_unbinned_pixels() -> None:
    camera = image_camera(SENSOR, Region(100, 40, 200, 160), (2, 2))
    assert camera == replace(SENSOR, fx=250.0, fy=255.0, cx=109.75, cy=99.75, width=100, height=80)


def test_binning_that_leaves_no_pixel_is_refused() -> None:
    with pytest.raises(CameraError):
        image_camera(SENSOR, Region(0, 0, 3, 3), (4, 4))
