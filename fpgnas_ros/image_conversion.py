"""Between ROS image messages and OpenCV's BGR arrays.

The usual encodings are converted without cv_bridge, with the same result on every install; cv_bridge, which PyPI
lacks, is asked for the others where it is installed.
"""

import array
from collections.abc import Callable

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from fpgnas_core.arrays import ByteArray
from fpgnas_core.errors import ImageError
from fpgnas_core.image_encodings import ENCODINGS, raw_to_bgr, unknown_encoding


def image_to_bgr(message: Image) -> ByteArray:
    """(height, width, 3) uint8 BGR of a raw image, row padding (`step`) removed.

    Raises ImageError for an encoding that cannot be converted, and for data shorter than the header says.
    """
    if message.encoding not in ENCODINGS:
        return _by_cv_bridge(message)
    return raw_to_bgr(message.data, message.encoding, message.width, message.height, message.step)


def _by_cv_bridge(message: Image) -> ByteArray:
    try:
        from cv_bridge import CvBridge, CvBridgeError
    except ImportError as error:
        raise unknown_encoding(message.encoding) from error
    try:
        return np.asarray(CvBridge().imgmsg_to_cv2(message, "bgr8"), np.uint8)
    except (CvBridgeError, KeyError, cv2.error) as error:
        raise ImageError(f"expected an image of colours, got {message.encoding!r} ({error})") from error


def compressed_to_bgr(message: CompressedImage) -> ByteArray:
    """(height, width, 3) uint8 BGR of a JPEG or PNG. Raises ImageError where it does not decode."""
    data = np.frombuffer(message.data, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise ImageError(f"expected JPEG or PNG data, got {data.size} bytes of {message.format!r} that do not decode")
    return np.asarray(image, np.uint8)


def image_decoder(transport: str) -> Callable[[Image | CompressedImage], ByteArray]:
    """The function from messages of a transport (`raw`, `compressed`) to BGR arrays."""
    return compressed_to_bgr if transport == "compressed" else image_to_bgr


def bgr_to_image(image: ByteArray, header: Header) -> Image:
    """A bgr8 message of an (H, W, 3) uint8 array."""
    message = Image(header=header, encoding="bgr8", height=image.shape[0], width=image.shape[1])
    message.step = 3 * message.width
    data = array.array("B")  # rclpy takes an array as it is; bytes or a list cost up to 100 times more
    data.frombytes(np.ascontiguousarray(image).data.cast("B"))
    message.data = data
    return message
