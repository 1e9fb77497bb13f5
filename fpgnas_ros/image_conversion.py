"""Between ROS image messages and OpenCV's BGR arrays.

The usual encodings are converted here, with the same result on every install; cv_bridge, which PyPI lacks, is
asked for the others where it is installed.
"""

import array
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from fpgnas_core.errors import ImageError

BgrImage = NDArray[np.uint8]

# encoding -> (channels, OpenCV code to BGR). ROS names a Bayer pattern by its first 2x2 pixels, OpenCV by the
# pixels one further right and down: rggb is BayerBG.
ENCODINGS: dict[str, tuple[int, int | None]] = {
    "bgr8": (3, None),
    "8UC3": (3, None),
    "rgb8": (3, cv2.COLOR_RGB2BGR),
    "bgra8": (4, cv2.COLOR_BGRA2BGR),
    "rgba8": (4, cv2.COLOR_RGBA2BGR),
    "mono8": (1, cv2.COLOR_GRAY2BGR),
    "8UC1": (1, cv2.COLOR_GRAY2BGR),
    "bayer_rggb8": (1, cv2.COLOR_BayerBG2BGR),
    "bayer_bggr8": (1, cv2.COLOR_BayerRG2BGR),
    "bayer_gbrg8": (1, cv2.COLOR_BayerGR2BGR),
    "bayer_grbg8": (1, cv2.COLOR_BayerGB2BGR),
    "yuv422": (2, cv2.COLOR_YUV2BGR_UYVY),
    "uyvy": (2, cv2.COLOR_YUV2BGR_UYVY),
    "yuv422_yuy2": (2, cv2.COLOR_YUV2BGR_YUYV),
    "yuyv": (2, cv2.COLOR_YUV2BGR_YUYV),
}


def image_to_bgr(message: Image) -> BgrImage:
    """(height, width, 3) uint8 BGR of a raw image, row padding (`step`) removed.

    Raises ImageError for an encoding that cannot be converted, and for data shorter than the header says.
    """
    if message.encoding not in ENCODINGS:
        return _by_cv_bridge(message)
    channels, code = ENCODINGS[message.encoding]
    pixels = _pixels(message, channels)
    if code is None:
        return np.ascontiguousarray(pixels)
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def _by_cv_bridge(message: Image) -> BgrImage:
    try:
        from cv_bridge import CvBridge, CvBridgeError
    except ImportError as error:
        known = ", ".join(ENCODINGS)
        raise ImageError(f"expected an image encoding of {known}; got {message.encoding!r}") from error
    try:
        return np.asarray(CvBridge().imgmsg_to_cv2(message, "bgr8"), np.uint8)
    except (CvBridgeError, KeyError, cv2.error) as error:
        raise ImageError(f"expected an image of colours, got {message.encoding!r} ({error})") from error


def _pixels(message: Image, channels: int) -> BgrImage:
    height, width, step = message.height, message.width, message.step
    if height < 1 or width < 1 or step < width * channels:
        raise ImageError(
            f"expected rows of at least {width * channels} bytes ({width}x{height} {message.encoding}), "
            f"got step {step}; check the camera driver"
        )
    if len(message.data) < height * step:
        raise ImageError(f"expected {height * step} bytes of image data, got {len(message.data)}: truncated")
    rows = np.frombuffer(message.data, np.uint8, height * step).reshape(height, step)[:, : width * channels]
    return rows.reshape(height, width, channels) if channels > 1 else np.ascontiguousarray(rows)


def compressed_to_bgr(message: CompressedImage) -> BgrImage:
    """(height, width, 3) uint8 BGR of a JPEG or PNG. Raises ImageError where it does not decode."""
    data = np.frombuffer(message.data, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise ImageError(f"expected JPEG or PNG data, got {data.size} bytes of {message.format!r} that do not decode")
    return np.asarray(image, np.uint8)


def image_decoder(transport: str) -> Callable[[Image | CompressedImage], BgrImage]:
    """The function from messages of a transport (`raw`, `compressed`) to BGR arrays."""
    return compressed_to_bgr if transport == "compressed" else image_to_bgr


def bgr_to_image(image: BgrImage, header: Header) -> Image:
    """A bgr8 message of an (H, W, 3) uint8 array."""
    message = Image(header=header, encoding="bgr8", height=image.shape[0], width=image.shape[1])
    message.step = 3 * message.width
    data = array.array("B")  # rclpy takes an array as it is; bytes or a list cost up to 100 times more
    data.frombytes(np.ascontiguousarray(image).data.cast("B"))
    message.data = data
    return message
