"""Images, cameras and poses out of recorded ROS messages, as `rosbags` gives them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError
from fpgnas_core.se3 import make_transform, matrix_from_quaternion_xyzw
from training.data.pictures import decode_colour
from training.errors import DatasetError

UNIT_TOLERANCE = 1e-3
# Channels and OpenCV's code to BGR. ROS names a Bayer pattern by its first 2x2 pixels, OpenCV by those one further.
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
    "yuv422_yuy2": (2, cv2.COLOR_YUV2BGR_YUYV),
}


def stamp_of(message: Any) -> int:
    """The header's stamp, nanoseconds."""
    return int(message.header.stamp.sec) * 10**9 + int(message.header.stamp.nanosec)


def image_of(message: Any, where: str) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR of a sensor_msgs/Image or CompressedImage; `where` names it. Raises DatasetError."""
    if not hasattr(message, "encoding"):
        return decode_colour(bytes(message.data), f"{where}: data")
    if message.encoding not in ENCODINGS:
        raise DatasetError(f"{where}: encoding: expected one of {', '.join(ENCODINGS)}, got {message.encoding!r}")
    channels, code = ENCODINGS[message.encoding]
    height, width, step = message.height, message.width, message.step
    if step < width * channels or len(message.data) < height * step or height * width == 0:
        expected = f"{height} rows of at least {width * channels} bytes"
        raise DatasetError(f"{where}: data: expected {expected}, got {len(message.data)} bytes with step {step}")
    rows = np.asarray(message.data, np.uint8)[: height * step].reshape(height, step)[:, : width * channels]
    pixels = np.ascontiguousarray(rows).reshape((height, width, channels) if channels > 1 else (height, width))
    return pixels if code is None else np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def camera_of_info(info: Any, where: str) -> Camera:
    """The camera of a sensor_msgs/CameraInfo, its region of interest and binning applied (REP 104).

    Raises DatasetError.
    """
    try:
        distortion = tuple(float(d) for d in info.d) if np.any(info.d) else ()
        matrix, model = np.asarray(info.k).reshape(3, 3), info.distortion_model or "plumb_bob"
        camera = Camera.from_matrix(matrix, int(info.width), int(info.height), distortion, model)
        roi = info.roi
        if roi.width and roi.height:
            camera = camera.cropped(roi.x_offset, roi.y_offset, roi.width, roi.height)
        across, down = max(1, info.binning_x), max(1, info.binning_y)  # 0 means 1
        return camera.resized(camera.width // across, camera.height // down)
    except CameraError as error:
        raise DatasetError(f"{where}: k, d: {error}") from error


def pose_of(position: Any, orientation: Any, where: str) -> NDArray[np.float64]:
    """(4, 4), metres, of a translation with x, y, z and a quaternion with x, y, z, w. Raises DatasetError."""
    translation = np.array([position.x, position.y, position.z])
    quaternion = np.array([orientation.x, orientation.y, orientation.z, orientation.w])
    if not np.isfinite(translation).all():
        raise DatasetError(f"{where}: position: expected 3 finite numbers, got {translation.tolist()}")
    if not abs(np.linalg.norm(quaternion) - 1) < UNIT_TOLERANCE:
        raise DatasetError(f"{where}: orientation: expected a rotation (a unit quaternion), got {quaternion.tolist()}")
    return make_transform(matrix_from_quaternion_xyzw(quaternion), translation)
