"""What a camera does to a clean picture: exposure, white balance, blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
NORMAL_TABLE = np.random.default_rng(0).standard_normal(1 << 20, np.float32)


def photograph(rng: np.random.Generator, picture: Picture, strength: float = 1.0) -> Picture:
    """Random camera effects on an (H, W, 3) uint8 picture; strength 0 leaves it as it is, 1 is the usual range."""
    if strength == 0:
        return picture
    picture = expose(rng, picture, strength)
    if rng.random() < 0.6 * strength:
        picture = blur(rng, picture, strength)
    picture = add_noise(rng, picture, rng.gamma(2.0, 2.2) * strength)
    if rng.random() < 0.4:
        picture = compress(picture, int(rng.integers(45, 96)))
    return picture


def expose(rng: np.random.Generator, picture: Picture, strength: float) -> Picture:
    """Random gain, gamma, offset and white balance, by one lookup table a channel."""
    gain = np.exp(rng.normal(0, 0.22 * strength)) * np.exp(rng.normal(0, 0.09 * strength, 3))
    gamma, offset = np.exp(rng.normal(0, 0.18 * strength)), rng.normal(0, 10 * strength)
    ramp = (np.arange(256) / 255.0) ** gamma
    table = np.clip(ramp[:, None] * gain * 255.0 + offset, 0, 255).astype(np.uint8)
    return cv2.LUT(picture, table.reshape(256, 1, 3))


def blur(rng: np.random.Generator, picture: Picture, strength: float) -> Picture:
    """Defocus (Gaussian), a low-resolution sensor (shrunk and enlarged) or motion (a line of 2 to 7 px)."""
    kind = rng.integers(3)
    if kind == 0:
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.3 + 1.1 * strength))
    height, width = picture.shape[:2]
    if kind == 1:
        factor = 1 / rng.uniform(1.0, 1.0 + 1.5 * strength)
        small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    length, angle = rng.uniform(1.0, 1.0 + 5.0 * strength), rng.uniform(0, np.pi)
    kernel = np.zeros((9, 9), np.float32)
    step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    start, end = 16 * (4 - step), 16 * (4 + step)
    cv2.line(kernel, tuple(start.astype(int)), tuple(end.astype(int)), 1.0, 1, cv2.LINE_AA, shift=4)
    return cv2.filter2D(picture, -1, kernel / max(kernel.sum(), 1e-6), borderType=cv2.BORDER_REFLECT)


def add_noise(rng: np.random.Generator, picture: Picture, sigma: float) -> Picture:
    """Gaussian noise: of `sigma` grey levels in a mid-grey, less in the dark, more in the light, as photons make it.

    In half of the pictures it is coarser than a pixel, as demosaicing and denoising leave it.
    """
    noise = _normal(rng, picture.shape)
    if rng.random() < 0.5:
        noise = 2 * cv2.blur(noise, (2, 2))  # the mean of four has half their width
    level = np.sqrt(0.25 + 1.5 * np.arange(256, dtype=np.float32) / 255)
    return cv2.add(picture.astype(np.float32), noise * cv2.LUT(picture, sigma * level)).clip(0, 255).astype(np.uint8)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normal deviates; for small pictures a random stretch of a fixed table, which takes a tenth of the time."""
    count = int(np.prod(shape))
    if 8 * count > len(NORMAL_TABLE):
        return rng.standard_normal(shape, np.float32)
    start = int(rng.integers(len(NORMAL_TABLE) - count))
    return NORMAL_TABLE[start : start + count].reshape(shape)


def compress(picture: Picture, quality: int) -> Picture:
    """Encode as JPEG of `quality` (0 to 100) and decode again."""
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
