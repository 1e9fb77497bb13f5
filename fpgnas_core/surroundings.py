"""The square of an image round an object, for people to judge a pose by eye."""

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.camera import Camera

MARGIN = 1.7
SMALLEST_PX = 64
_OUTSIDE = 114  # grey


def surroundings(
    image_bgr: ByteArray, camera: Camera, pixels: FloatArray, size: int, margin: float = MARGIN
) -> tuple[ByteArray, Camera]:
    """Return the square round (N, 2) `pixels`, resized to (size, size, 3) BGR, and the camera of that picture.

    Its side is `margin` times their extent, and at least SMALLEST_PX; grey where it leaves the (H, W, 3) image.
    """
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    side = round(max(margin * float((high - low).max()), SMALLEST_PX))
    x0, y0 = (round(float(v)) for v in (low + high) / 2 - (side - 1) / 2)
    interpolation = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    picture = cv2.resize(_cut(image_bgr, x0, y0, side), (size, size), interpolation=interpolation)
    return np.asarray(picture, np.uint8), camera.cropped(x0, y0, side, side).resized(size, size)


def _cut(image: ByteArray, x0: int, y0: int, side: int) -> ByteArray:
    cut = np.full((side, side, 3), _OUTSIDE, np.uint8)
    height, width = image.shape[:2]
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x0 + side, width), min(y0 + side, height)
    if left < right and top < bottom:
        cut[top - y0 : bottom - y0, left - x0 : right - x0] = image[top:bottom, left:right]
    return cut
