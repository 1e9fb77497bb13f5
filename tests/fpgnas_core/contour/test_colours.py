import numpy as np
import pytest

from fpgnas_core.contour.colours import LEVELS, MOST_LOG_ODDS, NO_COLOUR, colour_numbers, log_odds

RED, BLUE, GREEN = (
    int(colour_numbers(np.array([[c]], np.uint8))[0, 0]) for c in ((250, 0, 0), (0, 0, 250), (0, 250, 0))
)


def test_colours_are_numbered_by_their_levels() -> None:
    image = np.array([[[0, 0, 0], [255, 0, 16]], [[15, 15, 15], [16, 32, 48]]], np.uint8)
    expected = [[0, 15 * LEVELS**2 + 1], [0, 1 * LEVELS**2 + 2 * LEVELS + 3]]
    np.testing.assert_array_equal(colour_numbers(image), expected)


def test_colours_of_one_side_are_as_sure_as_any_and_those_of_neither_say_nothing() -> None:
    odds = log_odds(np.full(100, RED), np.full(100, BLUE))
    assert odds[RED] == MOST_LOG_ODDS
    assert odds[BLUE] == -MOST_LOG_ODDS
    assert odds[GREEN] == 0


def test_a_colour_that_is_on_both_sides_counts_by_its_shares() -> None:
    """Half of the object's pixels and a fifth of the others: log 2.5. Both sides are smoothed alike."""
    on_object, beside = np.repeat([RED, BLUE], [50, 50]), np.repeat([RED, GREEN], [20, 80])
    odds = log_odds(on_object, beside)
    assert odds[RED] == pytest.approx(np.log(2.5), abs=1e-3)


def test_a_pixel_beyond_the_picture_does_not_count() -> None:
    odds = log_odds(np.repeat([RED, NO_COLOUR], 50), np.repeat([BLUE, GREEN, NO_COLOUR], [25, 25, 10]))
    assert (odds[RED], odds[BLUE]) == (MOST_LOG_ODDS, -MOST_LOG_ODDS)
    assert odds[NO_COLOUR] == 0
    np.testing.assert_allclose(odds, log_odds(np.full(50, RED), np.repeat([BLUE, GREEN], 25)), rtol=1e-6)
