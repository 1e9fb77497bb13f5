"""Augmentation of training crops. A similarity warp of a picture is a camera roll, zoom and shift: labels stay exact."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.imaging import picture_rotation
from training.data.second_pass import CROP_FILL, MEAN_COLOUR, MOST_ZOOM, second_pass_warp, zoom_of
from training.rendering.sensor import photograph

Picture = NDArray[np.uint8]
Warp = NDArray[np.float64]
SECOND_PASS_SHARE = 0.8
UPRIGHT_SHARE = 0.9
"""Of those crops; in the others the first pass was wrong about the roll."""
BORDERS = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)


OFF_CENTRE = 0.25
"""Sides of the crop; objects farther from its middle stay there: moved, they would show too much of its border."""


def similarity(rng: np.random.Generator, size: int, keypoints_px: NDArray[np.float32], roll: float) -> Warp:
    """(2, 3) random warp of a size x size crop: a roll, a zoom and a shift, of one of two kinds.

    Mostly as the second pass sees an object: turned by `roll`, its keypoints spanning about CROP_FILL of the crop, near its
    centre. Otherwise, and where that would enlarge the picture too much, as the first pass sees it: any roll, near the
    size and the place that it was rendered with.
    """
    angle = roll if rng.random() < UPRIGHT_SHARE else rng.uniform(0, 2 * np.pi)
    fill, shift = CROP_FILL * np.exp(rng.normal(0, 0.1)), rng.normal(0, 0.04 * size, 2)
    warp = second_pass_warp(size, keypoints_px, angle, fill)
    anchor = (keypoints_px.min(axis=0) + keypoints_px.max(axis=0)) / 2
    is_central = np.abs(anchor - (size - 1) / 2).max() <= OFF_CENTRE * size
    if is_central and rng.random() < SECOND_PASS_SHARE and zoom_of(warp) <= MOST_ZOOM:
        return warp + np.column_stack([np.zeros((2, 2)), shift])
    return _first_look(rng, size, anchor, 0.22)


def surroundings(rng: np.random.Generator, size: int) -> Warp:
    """(2, 3) random warp of a crop without an object, from what the first pass sees to what the second takes it for."""
    return _first_look(rng, size, np.full(2, (size - 1) / 2), np.log(MOST_ZOOM))


def _first_look(rng: np.random.Generator, size: int, anchor: NDArray[np.float64], most_log_zoom: float) -> Warp:
    """Any roll, a zoom, and a small shift of the point `anchor` (2,), pixels."""
    linear = np.exp(rng.uniform(-0.22, most_log_zoom)) * picture_rotation(rng.uniform(0, 2 * np.pi))
    return np.column_stack([linear, anchor + rng.uniform(-0.12, 0.12, 2) * size - linear @ anchor])


class Crop(NamedTuple):
    """picture: (S, S, 3) uint8 RGB.  mask: (S, S) uint8, 255 on the visible object.  coordinates: (S, S, 3) uint8, as
    in CropSet.  keypoints_px: (K, 2) float32, pixels.  rays_from_px: (2, 3), takes pixels (x, y, 1) to rays (x / z,
    y / z) of the camera that saw it.  T_camera_object: (4, 4), metres.  object_index: its place among the network's
    objects."""

    picture: Picture
    mask: Picture
    coordinates: Picture
    keypoints_px: NDArray[np.float32]
    rays_from_px: NDArray[np.float64]
    T_camera_object: NDArray[np.float64]
    object_index: int


def augment(rng: np.random.Generator, crop: Crop, roll: float, strength: float) -> Crop:
    """A random crop made from this one, whose mask is empty where it shows no object.

    roll: what the first pass would turn it by, radians.  strength: of exposure, blur and noise, 0 to 1.
    """
    picture, mask, coordinates, keypoints_px = crop[:4]
    size = picture.shape[0]
    warp = similarity(rng, size, keypoints_px, roll) if mask.any() else surroundings(rng, size)
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
    back = np.linalg.inv(np.vstack([warp, [0, 0, 1]]))
    return Crop(
        picture, mask, coordinates, keypoints_px, crop.rays_from_px @ back, crop.T_camera_object, crop.object_index
    )


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
