"""Changes done to the pixels of crops one by one, by OpenCV: on a CPU a third of the time that tensors take."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.augmentation import NO_BLUR, Changes
from training.data.crop_pixels import COORDINATES, MASK, OTHERS, PICTURE
from training.data.second_pass import MEAN_COLOUR
from training.rendering.sensor import add_noise, blur, compress, expose, normal_stretch

Picture = NDArray[np.uint8]
BORDERS = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)


def paint(planes: NDArray[np.uint8], changes: Changes) -> NDArray[np.uint8]:
    """(N, PLANES, S, S): the crops after the changes."""
    return np.stack([_paint(crop, changes, index) for index, crop in enumerate(planes)])


def _paint(planes: NDArray[np.uint8], changes: Changes, index: int) -> NDArray[np.uint8]:
    warp, size, result = changes.warps[index], planes.shape[-2:], np.empty_like(planes)
    border = BORDERS[changes.borders[index]]
    picture, coordinates = (cv2.merge(tuple(planes[part])) for part in (PICTURE, COORDINATES))
    picture = cv2.warpAffine(picture, warp, size, borderMode=border, borderValue=MEAN_COLOUR)
    result[MASK] = cv2.warpAffine(planes[MASK][0], warp, size)
    result[COORDINATES] = cv2.warpAffine(coordinates, warp, size, flags=cv2.INTER_NEAREST).transpose(2, 0, 1)
    result[OTHERS] = cv2.warpAffine(planes[OTHERS][0], warp, size, flags=cv2.INTER_NEAREST)
    _cover(picture, result, changes, index)
    saturation = float(changes.saturations[index])
    if saturation != 1:
        grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        picture = cv2.addWeighted(picture, saturation, grey, 1 - saturation, 0)
    result[PICTURE] = _photograph(picture, changes, index).transpose(2, 0, 1)
    return result


def _cover(picture: Picture, result: NDArray[np.uint8], changes: Changes, index: int) -> None:
    """In the picture and in the planes of the result, in place."""
    for number, (x, y, width, height) in enumerate(changes.covers[index]):
        place = np.s_[y : y + height, x : x + width]
        if changes.cover_mirrors[index, number]:
            picture[place] = picture[::-1, ::-1][place].copy()
        else:
            picture[place] = changes.cover_colours[index, number]
        result[MASK][0][place] = result[OTHERS][0][place] = 0


def _photograph(picture: Picture, changes: Changes, index: int) -> Picture:
    picture = expose(picture, changes.gains[index], changes.gammas[index], changes.offsets[index])
    kind = int(changes.blur_kinds[index])
    if kind != NO_BLUR:
        picture = blur(picture, kind, changes.blur_amounts[index], changes.blur_angles[index])
    sigma = float(changes.noise_sigmas[index])
    if sigma > 0:
        noise = normal_stretch(int(changes.noise_starts[index]), picture.shape)
        picture = add_noise(picture, sigma, noise, bool(changes.noise_coarse[index]))
    quality = int(changes.qualities[index])
    return compress(picture[..., ::-1], quality)[..., ::-1] if quality else picture  # OpenCV's order is BGR
