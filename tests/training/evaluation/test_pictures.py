"""Captions of the pictures."""

import numpy as np
import pytest

from training.evaluation.pictures import TILE_PX, write_caption


@pytest.mark.parametrize("background", [0, 128, 255])
@pytest.mark.parametrize("text", ["missed", "ADD 1234.5 mm = 10.345 d, 178.4 deg", "a_very_long_name_indeed " * 3])
def test_letters_are_white_on_black_whatever_is_behind_and_stay_inside(text: str, background: int) -> None:
    picture, dark, light = (np.full((TILE_PX, TILE_PX, 3), value, np.uint8) for value in (background, 1, 254))
    for each in (picture, dark, light):
        write_caption(each, 16, text)
    written = (dark == light).all(axis=2)
    np.testing.assert_array_equal(picture[written], dark[written])  # nothing shines through
    assert (picture[~written] == background).all()
    rows, columns = np.nonzero(written)
    assert rows.max() < 32
    assert 2 <= columns.min() < columns.max() < TILE_PX - 2
    assert dark[written].max() > 150
    assert dark[8:14, columns.min()].max() == 0  # The band goes on around the letters.
