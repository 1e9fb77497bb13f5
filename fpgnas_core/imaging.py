"""Network inputs cut from a frame, each with the exact map of its pixels back to the frame."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, Float32Array, FloatArray
from fpgnas_core.network import SIZE_MULTIPLE

SMALLEST_CROP = 24
"""Side of the smallest crop box, pixels of the frame."""
LARGEST_CROP = 3
"""Side of the largest crop box in longer sides of the frame."""


@dataclass(frozen=True, eq=False)
class PixelMap:
    """Maps pixels of an input to its frame."""

    matrix: FloatArray
    """(2, 3): frame pixel = matrix[:, :2] @ pixel + matrix[:, 2]."""

    @classmethod
    def resized(cls, origin: tuple[float, float], step: tuple[float, float]) -> "PixelMap":
        """Return the map of an input whose first pixel begins at `origin`, with `step` frame pixels per pixel."""
        (x0, y0), (dx, dy) = origin, step
        return cls(np.array([[dx, 0.0, x0 + dx / 2 - 0.5], [0.0, dy, y0 + dy / 2 - 0.5]]))

    @property
    def scale(self) -> float:
        """Frame pixels per pixel, the geometric mean of both axes."""
        (a, b, _), (c, d, _) = self.matrix.tolist()
        return math.sqrt(abs(a * d - b * c))

    def after(self, matrix: FloatArray) -> "PixelMap":
        """Return the map of an input whose pixels `matrix`, (2, 3), takes to those of this one."""
        combined = self.matrix[:, :2] @ matrix
        combined[:, 2] += self.matrix[:, 2]
        return PixelMap(combined)

    def to_frame(self, pixels: FloatArray) -> FloatArray:
        """Map (..., 2) pixels of the input to the frame."""
        mapped: FloatArray = pixels @ self.matrix[:, :2].T + self.matrix[:, 2]
        return mapped

    def covariances_to_frame(self, covariances: FloatArray) -> FloatArray:
        """Map (..., 2, 2) covariances, px^2 of the input to px^2 of the frame."""
        mapped: FloatArray = self.matrix[:, :2] @ covariances @ self.matrix[:, :2].T
        return mapped


@dataclass(frozen=True)
class CropBox:
    """A square of whole frame pixels, in which the crop lies turned; it may reach beyond the frame."""

    x0: int
    y0: int
    side: int
    roll: float = 0.0
    """Angle, radians, by which the picture is turned, x towards y, to give the crop."""

    @classmethod
    def around(cls, keypoints_px: FloatArray, fill: float, longer_side: int, roll: float = 0.0) -> "CropBox":
        """Return the box of the crop in which the extent of (K, 2) frame pixels spans the share `fill`."""
        rotation = picture_rotation(roll)
        turned = keypoints_px @ rotation.T
        low, high = turned.min(axis=0), turned.max(axis=0)
        crop_side = min(max(float((high - low).max()) / fill, SMALLEST_CROP), LARGEST_CROP * longer_side)
        side = round(crop_side * _spread(roll))
        # The middle of n pixels from x0 is at x0 + (n - 1) / 2, pixel centres being integers.
        x0, y0 = ((low + high) / 2 @ rotation - (side - 1) / 2).tolist()
        return cls(round(x0), round(y0), side, roll)

    def overlaps(self, width: int, height: int) -> bool:
        """Tell whether any pixel of a frame of this size is in the box."""
        return -self.side < self.x0 < width and -self.side < self.y0 < height


def whole_frame(image: ByteArray, longer_side: int) -> tuple[ByteArray, PixelMap]:
    """Resize an (H, W, 3) image so that its longer side is `longer_side` pixels."""
    height, width = image.shape[:2]
    scale = longer_side / max(width, height)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    resized = _resize(image, new_width, new_height)
    return resized, PixelMap.resized((0.0, 0.0), (width / new_width, height / new_height))


def crop(image: ByteArray, box: CropBox, size: int, fill: Sequence[float]) -> tuple[ByteArray, PixelMap]:
    """Cut `box`, resize it and turn it to `size` x `size`; beyond the frame it has the colour `fill`.

    The box has whole pixels, so area averaging (shrinking) and bilinear resizing (growing) are exact; the
    turn, which keeps the scale, is bilinear.
    """
    height, width = image.shape[:2]
    left, top = max(0, box.x0), max(0, box.y0)
    right, bottom = min(width, box.x0 + box.side), min(height, box.y0 + box.side)
    inside = image[top:bottom, left:right]
    margins = (top - box.y0, box.y0 + box.side - bottom, left - box.x0, box.x0 + box.side - right)
    if any(margins):
        inside = np.asarray(cv2.copyMakeBorder(inside, *margins, cv2.BORDER_CONSTANT, value=tuple(fill)))
    outer = round(size * _spread(box.roll))
    step = box.side / outer
    resized, pixel_map = _resize(inside, outer, outer), PixelMap.resized((box.x0, box.y0), (step, step))
    if box.roll == 0:
        return resized, pixel_map
    back = picture_rotation(-box.roll)
    turn = np.column_stack([back, (outer - 1) / 2 - back @ np.full(2, (size - 1) / 2)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(resized, turn, (size, size), flags=flags), np.uint8), pixel_map.after(turn)


def picture_rotation(angle: float) -> FloatArray:
    """Return the (2, 2) matrix that turns x towards y by `angle` radians: clockwise on the screen."""
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _spread(roll: float) -> float:
    """Return the side of the square round a unit square that is turned by `roll`."""
    return abs(math.cos(roll)) + abs(math.sin(roll))


def _resize(image: ByteArray, width: int, height: int) -> ByteArray:
    shrinks = width < image.shape[1] or height < image.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), np.uint8)


@dataclass(frozen=True)
class Normaliser:
    """Turns BGR bytes into the network's normalised RGB planes."""

    mean: tuple[float, float, float]
    """RGB, of values of 0 to 1."""
    std: tuple[float, float, float]

    @property
    def fill_bgr(self) -> tuple[float, float, float]:
        """The mean colour in BGR bytes: all but zero once normalised, like the convolutions' padding."""
        red, green, blue = (float(round(255 * value)) for value in self.mean)
        return (blue, green, red)

    @cached_property
    def _tables(self) -> Float32Array:
        """What each byte becomes, (3, 256), RGB: a pixel is read once and written once, which is what takes time."""
        mean, std = np.array([self.mean, self.std])[:, :, None]
        tables: Float32Array = (np.arange(256) / (255 * std) - mean / std).astype(np.float32)
        return tables

    def batch(self, images_bgr: Sequence[ByteArray]) -> Float32Array:
        """Return (N, 3, H, W) of N images of one size; zeros fill up to multiples of SIZE_MULTIPLE."""
        height, width = images_bgr[0].shape[:2]
        padded = [math.ceil(side / SIZE_MULTIPLE) * SIZE_MULTIPLE for side in (height, width)]
        batch = np.empty((len(images_bgr), 3, *padded), np.float32)
        batch[:, :, height:], batch[:, :, :, width:] = 0.0, 0.0
        for planes, image in zip(batch, images_bgr, strict=True):
            for plane, channel, table in zip(planes, cv2.split(image)[::-1], self._tables, strict=True):
                cv2.LUT(channel, table, plane[:height, :width])
        return batch
