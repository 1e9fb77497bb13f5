"""Images, cameras and poses out of recorded ROS messages, as `rosbags` gives them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.calibration import Region, calibrated_lens, image_camera
from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError, ImageError, RecordingError, ShapeError
from fpgnas_core.image_encodings import ENCODINGS, raw_to_bgr
from fpgnas_core.se3 import make_transform, matrix_from_quaternion_xyzw

UNIT_TOLERANCE = 1e-3


def stamp_of(message: Any) -> int:
    """Return the header's stamp, nanoseconds, of a message of rclpy or of a recording."""
    return stamp_of_header(message.header)


def stamp_of_header(header: Any) -> int:
    """Return the stamp, nanoseconds."""
    return int(header.stamp.sec) * 10**9 + int(header.stamp.nanosec)


def image_of(message: Any, where: str) -> ByteArray:
    """Return (H, W, 3) uint8 BGR of a sensor_msgs/Image or CompressedImage; `where` names it. Raises RecordingError."""
    if not hasattr(message, "encoding"):
        return _decoded(bytes(message.data), f"{where}: data")
    if message.encoding not in ENCODINGS:
        raise RecordingError(f"{where}: encoding: expected one of {', '.join(ENCODINGS)}, got {message.encoding!r}")
    try:
        return raw_to_bgr(message.data, message.encoding, message.width, message.height, message.step)
    except ImageError as error:
        row = message.width * ENCODINGS[message.encoding].channels
        expected, got = f"{message.height} rows of at least {row} bytes", f"{len(message.data)} bytes"
        raise RecordingError(f"{where}: data: expected {expected}, got {got} with step {message.step}") from error


def _decoded(data: bytes, where: str) -> ByteArray:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise RecordingError(f"{where}: expected an image, got an unreadable one of {len(data)} bytes")
    return np.asarray(image, np.uint8)


def camera_of_info(info: Any, where: str) -> Camera:
    """Return the camera of a sensor_msgs/CameraInfo, its region of interest and binning applied (REP 104).

    ROS 1 names the fields in capitals. Raises RecordingError.
    """
    roi, binning = info.roi, (info.binning_x, info.binning_y)
    coefficients, matrix = (info.d, info.k) if hasattr(info, "k") else (info.D, info.K)
    try:
        lens = calibrated_lens(coefficients, info.distortion_model)
        sensor = Camera.from_matrix(np.reshape(matrix, (3, 3)), int(info.width), int(info.height), *lens)
        return image_camera(sensor, Region(roi.x_offset, roi.y_offset, roi.width, roi.height), binning)
    except (CameraError, ShapeError) as error:
        raise RecordingError(f"{where}: k, d: {error}") from error


def pose_of(position: Any, orientation: Any, where: str) -> FloatArray:
    """Return (4, 4), metres, of a translation with x, y, z and a quaternion with x, y, z, w. Raises RecordingError."""
    translation = np.array([position.x, position.y, position.z])
    quaternion = np.array([orientation.x, orientation.y, orientation.z, orientation.w])
    if not np.isfinite(translation).all():
        raise RecordingError(f"{where}: position: expected 3 finite numbers, got {translation.tolist()}")
    if not abs(np.linalg.norm(quaternion) - 1) < UNIT_TOLERANCE:
        got = quaternion.tolist()
        raise RecordingError(f"{where}: orientation: expected a rotation (a unit quaternion), got {got}")
    return make_transform(matrix_from_quaternion_xyzw(quaternion), translation)
