"""What lies on tables and floors of offices: magazines, and carpets so dark that they have hardly a colour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.rendering.pictures import bright_colour, noise, random_picture

Picture = NDArray[np.uint8]
Generator = np.random.Generator


def magazine(rng: Generator, size: int) -> Picture:
    """(size, size, 3) uint8 RGB: a page or a cover: photographs, headlines and columns of text."""
    page = np.full((size, size, 3), bright_colour(rng) if rng.random() < 0.6 else rng.uniform(200, 256), np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        w, h = (int(side) for side in rng.uniform(0.25, 1.0, 2) * size)
        x, y = int(rng.integers(size - w + 1)), int(rng.integers(size - h + 1))
        page[y : y + h, x : x + w] = _photo(rng, w, h)
    for _ in range(int(rng.integers(0, 3))):
        _column(rng, page)
    for _ in range(int(rng.integers(0, 4))):
        _headline(rng, page)
    return page


def carpet(rng: Generator, size: int) -> Picture:
    """(size, size, 3) uint8 RGB: a dark floor, mostly blue or grey, of fine threads and unevenly worn."""
    tone = rng.uniform(8, 90) * (1 + rng.uniform(0, 0.35) * np.array([-0.5, 0.0, 1.0]) + rng.normal(0, 0.05, 3))
    threads = cv2.GaussianBlur(rng.standard_normal((size, size), np.float32), (0, 0), rng.uniform(0.4, 1.2))
    worn = cv2.resize(rng.standard_normal((6, 6), np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    shade = 1 + rng.uniform(0.05, 0.4) * threads + rng.uniform(0.02, 0.15) * worn
    return np.clip(shade[..., None] * tone, 0, 255).astype(np.uint8)


def _photo(rng: Generator, width: int, height: int) -> Picture:
    """Something with depth in saturated colours, as photographs in print look from afar."""
    first, second = noise(rng, width, height), random_picture(rng, width, height)
    hsv = cv2.cvtColor(cv2.addWeighted(first, 0.5, second, 0.5, 0), cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.minimum(255, hsv[..., 1] * rng.uniform(1.0, 3.0))
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)


def _column(rng: Generator, page: Picture) -> None:
    """Lines of text too small to read."""
    size = len(page)
    left, top = (int(at) for at in rng.uniform(0, 0.7, 2) * size)
    width, lines, pitch = int(rng.uniform(0.15, 0.4) * size), int(rng.integers(5, 30)), int(rng.integers(3, 6))
    colour = _ink(rng)
    for y in range(top, min(size, top + lines * pitch), pitch):
        end = left + int(width * rng.uniform(0.8, 1.0))
        cv2.line(page, (left, y), (end, y), colour, 1, cv2.LINE_AA)


def _headline(rng: Generator, page: Picture) -> None:
    size, letters = len(page), np.array(list("ABCDEFGHIKLMNOPRSTUVWabcdeghiklmnoprstu "))
    text, height = "".join(rng.choice(letters, int(rng.integers(3, 12)))), rng.uniform(0.06, 0.25)
    origin = (int(rng.uniform(-0.1, 0.5) * size), int(rng.uniform(height, 1.0) * size))
    thickness = max(1, int(height * size * rng.uniform(0.05, 0.2)))
    cv2.putText(page, text, origin, int(rng.integers(0, 5)), height * size / 22, _ink(rng), thickness, cv2.LINE_AA)


def _ink(rng: Generator) -> tuple[int, int, int]:
    kind = rng.random()
    return (0, 0, 0) if kind < 0.4 else (255, 255, 255) if kind < 0.6 else bright_colour(rng)
