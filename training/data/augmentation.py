"""Augmentation of training crops. A similarity warp of a picture is a camera roll, zoom and shift: labels stay exact."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.rendering.sensor import photograph

Picture = NDArray[np.uint8]
BORDERS = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)
MEAN_COLOUR = (124, 116, 104)
"""What the robot fills a crop with beyond the frame."""


def similarity(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """(2, 3) random warp of a size x size crop: any roll, zoom of 0.8 to 1.25, shift of up to 12 % of the side."""
    angle, zoom = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(-0.22, 0.22))
    cosine, sine = zoom * np.cos(angle), zoom * np.sin(angle)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    centre = np.full(2, (size - 1) / 2)
    shift = centre - linear @ centre + rng.uniform(-0.12, 0.12, 2) * size
    return np.column_stack([linear, shift])


def augment(
    rng: np.random.Generator,
    picture: Picture,
    mask: Picture,
    keypoints_px: NDArray[np.float32],
    strength: float,
) -> tuple[Picture, Picture, NDArray[np.float32]]:
    """picture: (S, S, 3) uint8.  mask: (S, S) uint8, 255 on the visible object.  keypoints_px: (K, 2) pixels."""
    size = picture.shape[0]
    warp = similarity(rng, size)
    border = BORDERS[rng.integers(len(BORDERS))]
    picture = cv2.warpAffine(picture, warp, (size, size), borderMode=border, borderValue=MEAN_COLOUR)
    mask = cv2.warpAffine(mask, warp, (size, size))
    keypoints_px = (keypoints_px @ warp[:, :2].T + warp[:, 2]).astype(np.float32)
    if rng.random() < 0.3:
        picture, mask = _cover(rng, picture, mask)
    if rng.random() < 0.1:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.8:
        picture = photograph(rng, picture, strength)
    return picture, mask, keypoints_px


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
