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
    gain = np.exp(rng.normal(0, 0.22 * strength)) * np.exp(rng.normal(0, 0.09 * strength, 3))
    gamma, offset = np.exp(rng.normal(0, 0.18 * strength)), rng.normal(0, 10 * strength)
    picture = expose(picture, gain, gamma, offset)
    if rng.random() < 0.6 * strength:
        picture = random_blur(rng, picture, strength)
    picture = random_noise(rng, picture, rng.gamma(2.0, 2.2) * strength)
    if rng.random() < 0.4:
        picture = compress(picture, int(rng.integers(45, 96)))
    return picture


def random_blur(rng: np.random.Generator, picture: Picture, strength: float) -> Picture:
    """`blur` of any kind."""
    kind = int(rng.integers(3))
    amount = blur_amount(kind, rng.random(), strength)
    return blur(picture, kind, amount, rng.uniform(0, np.pi) if kind == MOTION else 0.0)


def random_noise(rng: np.random.Generator, picture: Picture, sigma: float) -> Picture:
    """`add_noise`, coarse in half of the pictures."""
    noise = _normal(rng, picture.shape)
    return add_noise(picture, sigma, noise, coarse=rng.random() < 0.5)


def expose(picture: Picture, gain: NDArray[np.float64], gamma: float, offset: float | NDArray[np.float64]) -> Picture:
    """gain (of each channel) x value^gamma + offset, of 0 to 1 and of grey levels, by one lookup table a channel."""
    ramp = (np.arange(256) / 255.0) ** gamma
    table = np.clip(ramp[:, None] * gain * 255.0 + offset, 0, 255).astype(np.uint8)
    return cv2.LUT(picture, table.reshape(256, 1, 3))


DEFOCUS, LOW_RESOLUTION, MOTION = range(3)


def blur_amount(kind: int, share: float, strength: float) -> float:
    """`share`, 0 to 1, of the range of a kind: standard deviation, px; times that the picture is shrunk; length, px."""
    lowest, span = ((0.3, 1.1), (1.0, 1.5), (1.0, 5.0))[kind]
    return lowest + span * strength * share


def blur(picture: Picture, kind: int, amount: float, angle: float) -> Picture:
    """Defocus (Gaussian), a low-resolution sensor (shrunk and enlarged) or motion (a line at an angle, radians)."""
    if kind == DEFOCUS:
        return cv2.GaussianBlur(picture, (0, 0), amount)
    if kind == MOTION:
        return cv2.filter2D(picture, -1, motion_kernel(amount, angle), borderType=cv2.BORDER_REFLECT)
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=1 / amount, fy=1 / amount, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def motion_kernel(length: float, angle: float) -> NDArray[np.float32]:
    """(9, 9): a line of this length, px, that sums to 1."""
    kernel = np.zeros((9, 9), np.float32)
    step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    start, end = 16 * (4 - step), 16 * (4 + step)
    cv2.line(kernel, tuple(start.astype(int)), tuple(end.astype(int)), 1.0, 1, cv2.LINE_AA, shift=4)
    return kernel / max(kernel.sum(), 1e-6)


def add_noise(picture: Picture, sigma: float, noise: NDArray[np.float32], coarse: bool) -> Picture:
    """Gaussian noise: of `sigma` grey levels in a mid-grey, less in the dark, more in the light, as photons make it.

    noise: normal deviates of the picture's shape.  coarse: coarser than a pixel, as demosaicing and denoising leave it.
    """
    if coarse:
        noise = 2 * cv2.blur(noise, (2, 2))  # the mean of four has half their width
    level = np.sqrt(0.25 + 1.5 * np.arange(256, dtype=np.float32) / 255)
    return cv2.add(picture.astype(np.float32), noise * cv2.LUT(picture, sigma * level)).clip(0, 255).astype(np.uint8)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normal deviates; for small pictures a random stretch of a fixed table, which takes a tenth of the time."""
    count = int(np.prod(shape))
    if 8 * count > len(NORMAL_TABLE):
        return rng.standard_normal(shape, np.float32)
    return normal_stretch(int(rng.integers(len(NORMAL_TABLE) - count)), shape)


def normal_stretch(start: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normal deviates of a small shape: those from `start` of a fixed table."""
    return NORMAL_TABLE[start : start + int(np.prod(shape))].reshape(shape)


def compress(picture: Picture, quality: int) -> Picture:
    """A BGR picture encoded as JPEG of `quality`, 0 to 100, and decoded again."""
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
