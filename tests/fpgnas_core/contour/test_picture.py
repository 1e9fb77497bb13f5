import numpy as np
import pytest

from fpgnas_core.contour.colours import NO_COLOUR, colour_numbers
from fpgnas_core.contour.edges import changes
from fpgnas_core.contour.lines import HALF_LENGTH, Lines
from fpgnas_core.contour.picture import Picture

SIZE = 64
CROP = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
SEEN = np.random.default_rng(1).uniform(size=(SIZE, SIZE))
PICTURE = Picture.of(CROP, SEEN)


def line(x: float, y: float, angle: float, usable: bool = True) -> Lines:
    """Return one line through a pixel, at an angle in radians."""
    direction = np.array([[np.cos(angle), np.sin(angle)]])
    return Lines(np.array([[x, y]]), direction, np.zeros((1, 6)), np.array([usable]))


@pytest.mark.parametrize("place", [(30.2, 20.7, 0.3), (1.0, 62.0, 2.0), (62.4, 5.1, -1.2)])
def test_a_line_reads_the_pixels_from_inside_to_outside_and_nothing_beyond_the_crop(
    place: tuple[float, float, float],
) -> None:
    there = line(*place)
    places = PICTURE.places(there)[0]
    numbers, tensor = colour_numbers(CROP), changes(CROP)
    for offset, found in zip(range(-HALF_LENGTH, HALF_LENGTH + 1), places, strict=True):
        column, row = np.rint(there.pixels[0] + offset * there.directions[0]).astype(int)
        within = 0 <= column < SIZE and 0 <= row < SIZE
        assert PICTURE.colours[found] == (numbers[row, column] if within else NO_COLOUR)
        assert PICTURE.confidences[found] == pytest.approx(SEEN[row, column] if within else 0)
        np.testing.assert_array_equal(PICTURE.changes[found], tensor[row, column] if within else 0)


def test_a_line_that_is_not_usable_reads_nothing() -> None:
    places = PICTURE.places(line(-500.0, 20.0, 0.0, usable=False))
    assert (PICTURE.colours[places] == NO_COLOUR).all()
