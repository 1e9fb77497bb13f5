"""Raw images by the names that ROS gives their pixel layouts, to OpenCV's BGR arrays."""

import array
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray
from fpgnas_core.errors import ImageError

# A string, for array.array takes no index before Python 3.12.
RawBytes: TypeAlias = "bytes | bytearray | memoryview | array.array[int] | ByteArray"


class Encoding(NamedTuple):
    """How the bytes of a pixel become BGR."""

    channels: int
    """Bytes of a pixel."""
    to_bgr: int | None
    """OpenCV's code of the conversion; None where the pixels are BGR."""


# ROS names a Bayer pattern by its first 2x2 pixels, OpenCV by the pixels one further right and down: rggb is BayerBG.
ENCODINGS: dict[str, Encoding] = {
    "bgr8": Encoding(3, None),
    "8UC3": Encoding(3, None),
    "rgb8": Encoding(3, cv2.COLOR_RGB2BGR),
    "bgra8": Encoding(4, cv2.COLOR_BGRA2BGR),
    "rgba8": Encoding(4, cv2.COLOR_RGBA2BGR),
    "mono8": Encoding(1, cv2.COLOR_GRAY2BGR),
    "8UC1": Encoding(1, cv2.COLOR_GRAY2BGR),
    "bayer_rggb8": Encoding(1, cv2.COLOR_BayerBG2BGR),
    "bayer_bggr8": Encoding(1, cv2.COLOR_BayerRG2BGR),
    "bayer_gbrg8": Encoding(1, cv2.COLOR_BayerGR2BGR),
    "bayer_grbg8": Encoding(1, cv2.COLOR_BayerGB2BGR),
    "yuv422": Encoding(2, cv2.COLOR_YUV2BGR_UYVY),
    "uyvy": Encoding(2, cv2.COLOR_YUV2BGR_UYVY),
    "yuv422_yuy2": Encoding(2, cv2.COLOR_YUV2BGR_YUYV),
    "yuyv": Encoding(2, cv2.COLOR_YUV2BGR_YUYV),
}
"""The encodings that are converted. Their channels have 8 bits, so that a message's byte order says nothing."""


def raw_to_bgr(data: RawBytes, encoding: str, width: int, height: int, step: int) -> ByteArray:
    """Convert `height` rows of `step` bytes, `width` pixels and padding, to (height, width, 3) uint8 BGR.

    Raises ImageError for an encoding that is not in ENCODINGS, and for data shorter than the sizes say.
    """
    if encoding not in ENCODINGS:
        raise unknown_encoding(encoding)
    channels, to_bgr = ENCODINGS[encoding]
    row = width * channels
    if height < 1 or width < 1 or step < row:
        msg = f"expected rows of at least {row} bytes ({width}x{height} {encoding}), got step {step}"
        raise ImageError(f"{msg}; check the camera driver")
    if len(data) < height * step:
        msg = f"expected {height * step} bytes of image data, got {len(data)}: truncated"
        raise ImageError(msg)
    rows = np.frombuffer(data, np.uint8, height * step).reshape(height, step)[:, :row]
    pixels = rows.reshape(height, width, channels) if channels > 1 else rows
    return np.ascontiguousarray(pixels) if to_bgr is None else np.asarray(cv2.cvtColor(pixels, to_bgr), np.uint8)


def unknown_encoding(encoding: str) -> ImageError:
    """Return the error that names an encoding that is not in ENCODINGS, and those that are."""
    return ImageError(f"expected an image encoding of {', '.join(ENCODINGS)}; got {encoding!r}")
