"""camera_info with regions, binning and lens models, against cameras worked out by hand."""

import math

import pytest
from sensor_msgs.msg import CameraInfo, RegionOfInterest

from fpgnas_core.errors import CameraError
from fpgnas_ros.camera_info_check import camera_from_info, check_fits


def info(**changes: object) -> CameraInfo:
    message = CameraInfo(width=640, height=480, distortion_model="plumb_bob", d=[0.1, -0.2, 0.001, 0.002, 0.05])
    message.header.frame_id = "camera"
    message.k = [500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0]
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_plain_camera() -> None:
    camera = camera_from_info(info())
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (500.0, 510.0, 320.0, 240.0)
    assert camera.distortion == (0.1, -0.2, 0.001, 0.002, 0.05)


def test_region_of_interest_moves_the_principal_point() -> None:
    camera = camera_from_info(info(roi=RegionOfInterest(x_offset=100, y_offset=40, width=200, height=160)))
    assert (camera.width, camera.height, camera.cx, camera.cy) == (200, 160, 220.0, 200.0)
    assert (camera.fx, camera.fy) == (500.0, 510.0)


def test_binning_scales_about_pixel_corners() -> None:
    camera = camera_from_info(info(binning_x=2, binning_y=2))
    assert (camera.width, camera.height, camera.fx, camera.fy) == (320, 240, 250.0, 255.0)
    # the two pixels 320 and 321 become pixel 160, so 320 is a quarter left of its centre
    assert (camera.cx, camera.cy) == (159.75, 119.75)


def test_zero_distortion_of_any_model_is_a_pinhole() -> None:
    assert camera_from_info(info(distortion_model="", d=[0.0] * 5)).distortion == ()


RECTIFIED = [480.0, 0.0, 310.0, 0.0, 0.0, 470.0, 235.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_rectified_images_have_the_projection_of_p_and_no_distortion() -> None:
    camera = camera_from_info(info(p=RECTIFIED, k=[0.0] * 9), rectified=True)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (480.0, 470.0, 310.0, 235.0)
    assert (camera.width, camera.height, camera.distortion) == (640, 480, ())


def test_region_and_binning_hold_for_rectified_images_too() -> None:
    region = RegionOfInterest(x_offset=100, y_offset=40, width=200, height=160)
    camera = camera_from_info(info(p=RECTIFIED, roi=region, binning_x=2, binning_y=2), rectified=True)
    assert (camera.width, camera.height, camera.fx, camera.fy) == (100, 80, 240.0, 235.0)
    # (310 - 100 + 0.5) / 2 - 0.5 and (235 - 40 + 0.5) / 2 - 0.5
    assert (camera.cx, camera.cy) == (104.75, 97.25)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, 0.0, "focal length 0 in P"),
        (0, math.nan, "focal lengths"),
        (3, -48.0, r"\(0.100, -0.000\) m: it is the sec"),
    ],
)
def test_a_projection_that_is_none_of_one_camera_is_refused(place: int, value: float, message: str) -> None:
    projection = [*RECTIFIED[:place], value, *RECTIFIED[place + 1 :]]
    with pytest.raises(CameraError, match=message):
        camera_from_info(info(p=projection), rectified=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": [0.0] * 9}, "not calibrated"),
        ({"k": [math.nan, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0]}, "focal lengths"),
        ({"distortion_model": "spiral"}, "one of plumb_bob, rational_polynomial, equidistant, got 'spiral'"),
        ({"d": [0.1, 0.2, 0.3]}, "plumb_bob: expected 0 or 4 or 5 coefficients, got 3"),
        ({"roi": RegionOfInterest(x_offset=600, width=200, height=160)}, "within 640x480, got 200x160"),
        ({"width": 0}, "at least 1x1"),
    ],
)
def test_what_is_no_camera_is_refused_with_the_reason(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CameraError, match=message):
        camera_from_info(info(**changes))


@pytest.mark.parametrize(
    ("size", "frame", "message"),
    [
        ((1280, 960), "camera", "for 640x480, the image is 1280x960"),
        ((640, 480), "other", "of frame 'camera', the image of 'other'"),
        ((640, 480), "", "no frame_id"),
    ],
)
def test_an_image_of_another_camera_is_refused(size: tuple[int, int], frame: str, message: str) -> None:
    with pytest.raises(CameraError, match=message):
        check_fits(camera_from_info(info()), info(), size, frame)


def test_the_cameras_own_image_fits() -> None:
    check_fits(camera_from_info(info()), info(), (640, 480), "camera")
