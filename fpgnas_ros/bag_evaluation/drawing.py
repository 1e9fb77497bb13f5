"""Poses drawn into images: the outline of the projected model, or its box where there is no mesh."""

from __future__ import annotations

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.overlay import draw_pose
from fpgnas_core.se3 import transform_points
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject

TRUE_COLOUR, ESTIMATE_COLOUR = (80, 220, 80), (230, 60, 255)
"""Green and magenta, BGR: they differ in brightness too."""
NEAREST = 1e-3  # metres; a mesh that reaches behind the camera is drawn as a box
LARGEST_PIXEL = 2**14
SUBPIXEL_BITS = 4


def draw_model(
    image: ByteArray,
    T_camera_object: FloatArray,
    scored: EvaluatedObject,
    camera: Camera,
    colour: tuple[int, int, int],
    thickness: int = 2,
) -> None:
    """Draw the model's outline at a pose, (4, 4) metres, into an (H, W, 3) uint8 BGR image, in place."""
    points = transform_points(T_camera_object, scored.points)
    if not len(scored.triangles) or points[:, 2].min() < NEAREST:
        draw_pose(image, T_camera_object, scored.model, camera, color=colour)
        return
    pixels = np.clip(camera.project(points), -LARGEST_PIXEL, LARGEST_PIXEL)
    corners = np.round(pixels * 2**SUBPIXEL_BITS).astype(np.int32)
    silhouette = np.zeros(image.shape[:2], np.uint8)
    for triangle in corners[scored.triangles]:
        cv2.fillConvexPoly(silhouette, triangle, 255, cv2.LINE_8, SUBPIXEL_BITS)
    outline, _ = cv2.findContours(silhouette, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(image, outline, -1, (0, 0, 0), thickness + 2, cv2.LINE_AA)
    cv2.drawContours(image, outline, -1, colour, thickness, cv2.LINE_AA)
