"""Printed sheets as they lie on a laboratory's table: fiducial markers, checkers, dots, text."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Generator = np.random.Generator


def random_board(rng: Generator, size: int) -> Picture:
    """(size, size, 3) uint8 RGB: one printed sheet in ink on paper."""
    kinds = (_markers, _markers, _checkers, _dots, _ring)
    ink = kinds[rng.integers(len(kinds))](rng, size).astype(np.float32)[..., None] / 255.0
    paper, dark = rng.uniform(190, 256, 3) * [1, 1, rng.uniform(0.85, 1)], rng.uniform(0, 60, 3)
    if rng.random() < 0.15:
        dark = rng.uniform(0, 200, 3)
    return np.asarray(paper * (1 - ink) + dark * ink, np.uint8)


def _markers(rng: Generator, size: int) -> Picture:
    """Square markers: random bits within a black frame, in rows."""
    across, bits = int(rng.integers(2, 8)), int(rng.integers(4, 7))
    cell, gap = bits + 2, int(rng.integers(1, 4))
    sheet = np.zeros((across * (cell + gap) + gap,) * 2, np.uint8)
    for row in range(across):
        for column in range(across):
            y, x = (gap + place * (cell + gap) for place in (row, column))
            sheet[y : y + cell, x : x + cell] = 255
            sheet[y + 1 : y + 1 + bits, x + 1 : x + 1 + bits] = 255 * (rng.random((bits, bits)) < 0.5)
    return _enlarged(sheet, size)


def _checkers(rng: Generator, size: int) -> Picture:
    cells = int(rng.integers(4, 16))
    return _enlarged((255 * (np.indices((cells, cells)).sum(axis=0) % 2)).astype(np.uint8), size)


def _dots(rng: Generator, size: int) -> Picture:
    sheet, across = np.zeros((size, size), np.uint8), int(rng.integers(5, 16))
    pitch = size / across
    radius = rng.uniform(0.15, 0.4) * pitch
    for row in range(across):
        for column in range(across):
            middle = (int((column + 0.5) * pitch), int((row + 0.5) * pitch))
            cv2.circle(sheet, middle, max(1, int(radius)), 255, -1, cv2.LINE_AA)
    return sheet


def _ring(rng: Generator, size: int) -> Picture:
    """Markers round an empty middle, where the object stands, as in LINEMOD's recordings.

    Rolled by half: a picture's corner comes to lie in the middle of a sheet.
    """
    sheet = _markers(rng, size)
    inner = int(rng.uniform(0.15, 0.35) * size)
    sheet[inner : size - inner, inner : size - inner] = 0
    return np.roll(sheet, size // 2, axis=(0, 1))


def _enlarged(sheet: Picture, size: int) -> Picture:
    return np.asarray(cv2.resize(sheet, (size, size), interpolation=cv2.INTER_NEAREST), np.uint8)
