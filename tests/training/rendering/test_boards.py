"""Boards as they come to lie on a table: a picture's corner in the middle of the sheet."""

import numpy as np

from training.rendering.boards import _ring

SIDE = 256


def test_ring_is_empty_where_the_object_stands() -> None:
    for seed in range(20):
        sheet = np.roll(_ring(np.random.default_rng(seed), SIDE), SIDE // 2, axis=(0, 1))  # as it is seen
        middle = slice(int(0.36 * SIDE), int(0.64 * SIDE))
        assert not sheet[middle, middle].any()
        assert sheet.any()
