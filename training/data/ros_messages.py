"""Images, cameras and poses out of recorded ROS messages, as `rosbags` gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.calibration import Region, calibrated_lens, image_camera
from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError, ImageError
from fpgnas_core.image_encodings import ENCODINGS, raw_to_bgr
from fpgnas_core.se3 import make_transform, matrix_from_quaternion_xyzw
from training.data.pictures import decode_colour
from training.errors import DatasetError

UNIT_TOLERANCE = 1e-3


def stamp_of(message: Any) -> int:
    """The header's stamp, nanoseconds."""
    return int(message.header.stamp.sec) * 10**9 + int(message.header.stamp.nanosec)


def image_of(message: Any, where: str) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR of a sensor_msgs/Image or CompressedImage; `where` names it. Raises DatasetError."""
    if not hasattr(message, "encoding"):
        return decode_colour(bytes(message.data), f"{where}: data")
    if message.encoding not in ENCODINGS:
        raise DatasetError(f"{where}: encoding: expected one of {', '.join(ENCODINGS)}, got {message.encoding!r}")
    try:
        return raw_to_bgr(message.data, message.encoding, message.width, message.height, message.step)
    except ImageError as error:
        row = message.width * ENCODINGS[message.encoding].channels
        expected, got = f"{message.height} rows of at least {row} bytes", f"{len(message.data)} bytes"
        raise DatasetError(f"{where}: data: expected {expected}, got {got} with step {message.step}") from error


def camera_of_info(info: Any, where: str) -> Camera:
    """The camera of a sensor_msgs/CameraInfo, its region of interest and binning applied (REP 104).

    Raises DatasetError.
    """
    roi, binning = info.roi, (info.binning_x, info.binning_y)
    try:
        lens = calibrated_lens(info.d, info.distortion_model)
        sensor = Camera.from_matrix(np.reshape(info.k, (3, 3)), int(info.width), int(info.height), *lens)
        return image_camera(sensor, Region(roi.x_offset, roi.y_offset, roi.width, roi.height), binning)
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
