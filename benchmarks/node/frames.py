"""Camera messages for benchmarks, made of a recording's frames."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from fpgnas_core.camera import Camera
from fpgnas_core.recording.bag import CAMERA_TYPE, IMAGE_TYPES, open_bag
from fpgnas_core.recording.messages import camera_of_info, image_of
from fpgnas_ros.image_conversion import bgr_to_image

JPEG_QUALITY = 95
FRAME_ID = "camera_optical_frame"


@dataclass(frozen=True)
class Frames:
    """Messages of one camera, to be sent again and again with new stamps."""

    info: CameraInfo
    images: list[Image | CompressedImage]


def recorded_frames(bag: Path, count: int, size: tuple[int, int], jpeg: bool = False) -> Frames:
    """The first `count` frames of the recording, as if the camera had `size` (width, height) pixels."""
    with open_bag(bag) as recording:
        topics = recording.topic("", IMAGE_TYPES), recording.topic("", (CAMERA_TYPE,))
        _, where, info = next(recording.contents((topics[1],)))
        camera = camera_of_info(info, where).resized(*size)
        recorded = islice(recording.contents((topics[0],)), count)
        pictures = [np.asarray(cv2.resize(image_of(m, where), size), np.uint8) for _, where, m in recorded]
    images = [_jpeg(picture) if jpeg else bgr_to_image(picture, Header(frame_id=FRAME_ID)) for picture in pictures]
    return Frames(_camera_info(camera), images)


def _jpeg(picture: np.ndarray) -> CompressedImage:
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    return CompressedImage(header=Header(frame_id=FRAME_ID), format="jpeg", data=data)


def _camera_info(camera: Camera) -> CameraInfo:
    info = CameraInfo(width=camera.width, height=camera.height, distortion_model=camera.distortion_model)
    info.header.frame_id = FRAME_ID
    info.k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    info.d = list(camera.distortion)
    return info
