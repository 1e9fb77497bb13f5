"""Drawing a pose into an image, for people to judge it by eye."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import ByteArray, FloatArray, checked
from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import transform_points

BOX_COLOR = (0, 220, 255)
"""Yellow, BGR."""
AXIS_COLORS = ((0, 0, 255), (0, 255, 0), (255, 0, 0))
"""x red, y green, z blue, BGR."""
KEYPOINT_COLOR = (255, 0, 255)
"""Magenta, BGR."""

_BOX_EDGES = [(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit]
_NEAREST = 1e-3  # metres; what is nearer the camera than this is cut off
_PIECES = 8  # straight pieces per edge, so that lens distortion bends it
_SUBPIXEL_BITS = 4
_LARGEST_PIXEL = 2**20  # beyond this OpenCV's fixed-point coordinates overflow


def draw_pose(
    image_bgr: ByteArray,
    T_camera_object: ArrayLike,
    model: ObjectModel,
    camera: Camera,
    label: str = "",
    color: tuple[int, int, int] = BOX_COLOR,
) -> None:
    """Draw the object's box, its axes and a label into an (H, W, 3) uint8 BGR image, in place.

    `T_camera_object` is (4, 4), metres; the axes are a third of the diameter long. Parts behind the
    camera are cut off.
    """
    pose = checked("T_camera_object", T_camera_object, (4, 4))
    corners = transform_points(pose, model.box_corners())
    thickness = max(1, round(camera.width / 500))
    for start, end in _BOX_EDGES:
        _draw_edge(image_bgr, corners[start], corners[end], camera, color, thickness)
    tips = transform_points(pose, np.eye(3) * model.diameter / 3)
    for tip, axis_color in zip(tips, AXIS_COLORS, strict=True):
        _draw_edge(image_bgr, pose[:3, 3], tip, camera, axis_color, thickness + 1)
    if label:
        _draw_label(image_bgr, corners, camera, label, color)


def draw_keypoints(image_bgr: ByteArray, keypoints_px: ArrayLike) -> None:
    """Draw a ring round each of (K, 2) pixels into an (H, W, 3) uint8 BGR image, in place; the first is filled."""
    pixels = np.clip(checked("keypoints_px", keypoints_px, (None, 2)), -_LARGEST_PIXEL, _LARGEST_PIXEL)
    radius = max(2, round(image_bgr.shape[1] / 250))
    for number, (x, y) in enumerate(np.round(pixels * 2**_SUBPIXEL_BITS).astype(int).tolist()):
        thickness = cv2.FILLED if number == 0 else max(1, radius // 2)
        fixed_radius = radius << _SUBPIXEL_BITS
        cv2.circle(image_bgr, (x, y), fixed_radius, KEYPOINT_COLOR, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_edge(
    image: ByteArray,
    start: FloatArray,
    end: FloatArray,
    camera: Camera,
    color: tuple[int, int, int],
    thickness: int,
) -> None:
    points = start + np.linspace(0, 1, _PIECES + 1)[:, None] * (end - start)
    points = points[points[:, 2] > _NEAREST]
    if len(points) < 2:
        return
    pixels = np.clip(camera.project(points), -_LARGEST_PIXEL, _LARGEST_PIXEL)
    fixed = np.round(pixels * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.polylines(image, [fixed], False, color, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_label(image: ByteArray, corners: FloatArray, camera: Camera, label: str, color: tuple[int, int, int]) -> None:
    """Write the label above the box, moved into the image where it would leave it."""
    visible = corners[corners[:, 2] > _NEAREST]
    if len(visible) == 0:
        return
    scale = max(0.4, camera.width / 1300)
    (width, height), _ = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    left, top = camera.project(visible).min(axis=0)
    x = int(np.clip(left, 0, max(0, camera.width - width)))
    y = int(np.clip(top - 4, height, camera.height - 1))
    cv2.rectangle(image, (x - 2, y - height - 2), (x + width + 2, y + 4), (0, 0, 0), cv2.FILLED)
    cv2.putText(image, label, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, color, 1, cv2.LINE_AA)
