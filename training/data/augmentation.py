"""Augmentation of training crops. A similarity warp of a picture is a camera roll, zoom and shift: labels stay exact."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from training.rendering.sensor import photograph

Picture = NDArray[np.uint8]
SECOND_PASS_SHARE = 0.8
CROP_FILL = 0.7
"""As the default of the export: the share of the second pass's crop that the keypoints span."""
MOST_ZOOM = 2.5
BORDERS = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)
MEAN_COLOUR = (124, 116, 104)
"""What the robot fills a crop with beyond the frame."""


def similarity(rng: np.random.Generator, size: int, keypoints_px: NDArray[np.float32]) -> NDArray[np.float64]:
    """(2, 3) random warp of a size x size crop: any roll, and a zoom and shift of one of two kinds.

    Mostly as the second pass sees an object: its keypoints span about CROP_FILL of the crop, near its centre. Otherwise
    as the first pass sees it: near the size and the place that it was rendered with.
    """
    angle = rng.uniform(0, 2 * np.pi)
    low, high = keypoints_px.min(axis=0), keypoints_px.max(axis=0)
    anchor, middle = (low + high) / 2, np.full(2, (size - 1) / 2)
    if rng.random() < SECOND_PASS_SHARE:
        wanted = CROP_FILL * size * np.exp(rng.normal(0, 0.14))
        zoom = min(wanted / max(float((high - low).max()), 1.0), MOST_ZOOM)
        target = middle + rng.normal(0, 0.05 * size, 2)
    else:
        zoom, target = np.exp(rng.uniform(-0.22, 0.22)), anchor + rng.uniform(-0.12, 0.12, 2) * size
    cosine, sine = zoom * np.cos(angle), zoom * np.sin(angle)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([linear, target - linear @ anchor])


class Crop(NamedTuple):
    """picture: (S, S, 3) uint8 RGB.  mask: (S, S) uint8, 255 on the visible object.  coordinates: (S, S, 3) uint8, as
    in CropSet.  keypoints_px: (K, 2) float32, pixels.  object_index: its place among the network's objects."""

    picture: Picture
    mask: Picture
    coordinates: Picture
    keypoints_px: NDArray[np.float32]
    object_index: int


def augment(rng: np.random.Generator, crop: Crop, strength: float) -> Crop:
    """A random crop made from this one; strength: of exposure, blur and noise, 0 to 1."""
    picture, mask, coordinates, keypoints_px, object_index = crop
    size = picture.shape[0]
    warp = similarity(rng, size, keypoints_px)
    border = BORDERS[rng.integers(len(BORDERS))]
    picture = cv2.warpAffine(picture, warp, (size, size), borderMode=border, borderValue=MEAN_COLOUR)
    mask = cv2.warpAffine(mask, warp, (size, size))
    coordinates = cv2.warpAffine(coordinates, warp, (size, size), flags=cv2.INTER_NEAREST)
    keypoints_px = (keypoints_px @ warp[:, :2].T + warp[:, 2]).astype(np.float32)
    if rng.random() < 0.3:
        picture, mask = _cover(rng, picture, mask)
    if rng.random() < 0.05:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.8:
        picture = photograph(rng, picture, strength)
    return Crop(picture, mask, coordinates, keypoints_px, object_index)


def _cover(rng: np.random.Generator, picture: Picture, mask: Picture) -> tuple[Picture, Picture]:
    """Hide one to three rectangles behind a mirrored part of the picture, or behind one colour."""
    size, picture, mask = picture.shape[0], picture.copy(), mask.copy()
    for _ in range(int(rng.integers(1, 4))):
        width, height = (rng.uniform(0.08, 0.3, 2) * size).astype(int)
        x, y = (rng.uniform(0, 1, 2) * [size - width, size - height]).astype(int)
        if rng.random() < 0.5:
            picture[y : y + height, x : x + width] = rng.integers(0, 256, 3)
        else:
            donor = picture[::-1, ::-1][y : y + height, x : x + width].copy()
            picture[y : y + height, x : x + width] = donor
        mask[y : y + height, x : x + width] = 0
    return picture, mask
