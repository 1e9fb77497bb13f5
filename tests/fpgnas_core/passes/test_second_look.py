"""When a crop is taken again, by hand."""

import numpy as np
import pytest

from fpgnas_core.passes.second_look import is_misplaced

SQUARE = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 60.0], [0.0, 60.0]])


@pytest.mark.parametrize(("turn_deg", "expected"), [(0, False), (18, False), (22, True), (-22, True), (350, False)])
def test_turn_of_more_than_20_degrees(turn_deg: float, expected: bool) -> None:
    disc = 50 * np.column_stack([np.cos(np.arange(0, 6.28, 0.1)), np.sin(np.arange(0, 6.28, 0.1))])
    assert is_misplaced(disc, 0.1, disc, 0.1 + np.radians(turn_deg)) is expected


@pytest.mark.parametrize(("zoom", "expected"), [(1.2, False), (1.25, True), (0.83, False), (0.8, True)])
def test_size_of_more_than_a_fifth(zoom: float, expected: bool) -> None:
    middle = SQUARE.mean(axis=0)
    assert is_misplaced(SQUARE, 0.0, middle + zoom * (SQUARE - middle), 0.0) is expected


@pytest.mark.parametrize(("shift", "expected"), [((9, 0), False), ((0, 11), True)])
def test_shift_of_more_than_a_tenth_of_the_longer_side(shift: tuple[int, int], expected: bool) -> None:
    assert is_misplaced(SQUARE, 0.0, SQUARE + shift, 0.0) is expected


def test_extent_is_that_of_the_turned_keypoints() -> None:
    """A quarter turn leaves the longer side what it is; an eighth makes it 160 / sqrt 2 = 113 of 100, below a fifth."""
    assert is_misplaced(SQUARE, 0.0, SQUARE, np.pi / 2) is True
    assert is_misplaced(SQUARE, np.pi / 4, 0.75 * (SQUARE - SQUARE.mean(axis=0)) + SQUARE.mean(axis=0), np.pi / 4)
