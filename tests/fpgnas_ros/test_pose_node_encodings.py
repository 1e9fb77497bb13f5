"""Images as cameras really send them, through the running node: layouts, padding, damage."""

import array
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from tests.fpgnas_ros.conversation import is_painted, picture, pose_that, refusal, send
from tests.fpgnas_ros.node_process import FRAME, NodeProcess, Robot
from tests.fpgnas_ros.painted_scene import CAMERA, paint

Bytes = NDArray[np.uint8]


@pytest.fixture
def robot(running: tuple[NodeProcess, Robot]) -> Robot:
    return running[1]


def message(encoding: str, rows: NDArray[np.generic], padding: int = 0) -> Image:
    """An image of (height, anything) rows, each followed by `padding` bytes."""
    flat = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), -1)
    padded = np.pad(flat, ((0, 0), (0, padding)), constant_values=255)
    image = Image(encoding=encoding, height=len(rows), width=CAMERA.width, step=padded.shape[1])
    image.header.frame_id = FRAME
    image.data = array.array("B", padded.tobytes())
    return image


def bayer(pattern: str) -> Bytes:
    """The painted object as a sensor behind the 2x2 filter of that pattern sees it."""
    image, mosaic = paint(), np.zeros((CAMERA.height, CAMERA.width), np.uint8)
    for place, colour in enumerate(pattern):
        row, column = divmod(place, 2)
        mosaic[row::2, column::2] = image[row::2, column::2, "bgr".index(colour)]
    return mosaic


def yuv(order: str) -> Bytes:
    """The painted object as 4:2:2 samples in that order (BT.601, the studio range), by the formulas."""
    b, g, r = (paint()[..., channel].astype(np.float64) for channel in range(3))
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    u = 128 - 0.148 * r - 0.291 * g + 0.439 * b
    v = 128 + 0.439 * r - 0.368 * g - 0.071 * b
    samples = {"u": u[:, ::2], "v": v[:, ::2], "y": y[:, ::2], "Y": y[:, 1::2]}
    return np.round(np.stack([samples[name] for name in order], axis=2)).astype(np.uint8)


@pytest.mark.parametrize(
    ("encoding", "channels"), [("bgr8", "bgr"), ("rgb8", "rgb"), ("bgra8", "bgra"), ("rgba8", "rgba"), ("8UC3", "bgr")]
)
@pytest.mark.parametrize("padding", [0, 12])
def test_colours_are_told_apart(robot: Robot, encoding: str, channels: str, padding: int) -> None:
    planes = {**dict(zip("bgr", cv2.split(paint()), strict=True)), "a": np.full((480, 640), 9, np.uint8)}
    rows = np.stack([planes[channel] for channel in channels], axis=2)
    pose_that(robot, is_painted, message(encoding, rows, padding))


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_bayer_patterns(robot: Robot, pattern: str) -> None:
    pose_that(robot, is_painted, message(f"bayer_{pattern}8", bayer(pattern)))


@pytest.mark.parametrize(("encoding", "order"), [("yuv422", "uyvY"), ("yuv422_yuy2", "yuYv")])
def test_yuv_422(robot: Robot, encoding: str, order: str) -> None:
    pose_that(robot, is_painted, message(encoding, yuv(order)))


def test_8_bit_images_of_big_endian_machines_are_the_same(robot: Robot) -> None:
    image = picture()
    image.is_bigendian = 1
    pose_that(robot, is_painted, image)


def test_grey_images_are_worked_on_though_they_show_no_colour(robot: Robot) -> None:
    grey = np.full((CAMERA.height, CAMERA.width), 128, np.uint8)
    stamp = send(robot, message("mono8", grey))
    assert not robot.of_stamp("detections", stamp).detections


def truncated() -> Image:
    image = picture()
    image.data = image.data[: len(image.data) // 2]
    return image


def with_step(step: int) -> Image:
    image = picture()
    image.step = step
    return image


def of_depth(encoding: str, kind: str, is_bigendian: int = 0) -> Image:
    image = message(encoding, np.ones((CAMERA.height, CAMERA.width), kind))
    image.is_bigendian = is_bigendian
    return image


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (truncated, "expected 921600 bytes of image data, got 460800: truncated"),
        (lambda: with_step(640), "expected rows of at least 1920 bytes (640x480 bgr8), got step 640"),
        (lambda: with_step(0), "got step 0"),
        (lambda: with_step(2000), "expected 960000 bytes of image data, got 921600"),
        (lambda: of_depth("16UC1", "<u2"), "'16UC1'"),
        (lambda: of_depth("mono16", ">u2", is_bigendian=1), "'mono16'"),
        (lambda: of_depth("32FC1", "<f4"), "'32FC1'"),
        (lambda: message("h264", paint()), "'h264'"),
        (lambda: message("", paint()), "got ''"),
        (lambda: Image(header=picture().header, encoding="bgr8"), "0x0"),
    ],
)
def test_an_image_that_cannot_be_used_is_named_and_the_next_one_works(
    robot: Robot, make: Callable[[], Image], reason: str
) -> None:
    refusal(robot, reason, make())
    pose_that(robot, is_painted)


def test_an_image_without_frame_is_refused(robot: Robot) -> None:
    image = picture()
    image.header.frame_id = ""
    refusal(robot, "no frame_id", image)
