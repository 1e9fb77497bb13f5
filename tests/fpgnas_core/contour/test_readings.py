import numpy as np
import pytest

from fpgnas_core.contour.lines import Lines
from fpgnas_core.contour.picture import Picture
from fpgnas_core.contour.readings import read

SIZE, EDGE, CREASE = 96, 60, 30
ROWS = np.linspace(16, 80, 40)
"""Of lines across an outline, and of as many across a crease."""


def picture(covered: slice = slice(0), object_is_seen: bool = True) -> Picture:
    """Return a red object that ends right of column EDGE - 1, darker from CREASE on, before green; noise in both."""
    rng = np.random.default_rng(0)
    crop = np.full((SIZE, SIZE, 3), (60, 140, 70), np.float64)
    crop[:, :EDGE] = (70, 60, 190)
    crop[:, CREASE:EDGE] *= 0.7
    seen = np.zeros((SIZE, SIZE))
    seen[:, :EDGE] = float(object_is_seen)
    seen[covered] = 0.0
    noisy = np.clip(crop + rng.normal(0, 4, crop.shape), 0, 255).astype(np.uint8)
    return Picture.of(noisy, seen)


def lines(outline_at: float, crease_at: float) -> Lines:
    """Return lines towards the right at two columns, the outline's first."""
    columns = np.repeat([outline_at, crease_at], len(ROWS))
    pixels = np.stack([columns, np.tile(ROWS, 2)], axis=1)
    directions = np.tile([1.0, 0.0], (len(pixels), 1))
    return Lines(pixels, directions, np.zeros((len(pixels), 6)), np.ones(len(pixels), bool))


def test_outline_and_crease_are_found_where_they_are() -> None:
    found = read(picture(), lines(EDGE - 4, CREASE + 2), len(ROWS), 6)
    assert found is not None
    outline, crease = np.split(found.offsets, 2)
    # The last column of the object is EDGE - 1, so that it ends half a pixel farther.
    assert outline.mean() == pytest.approx(3.5, abs=0.4)
    assert crease.mean() == pytest.approx(-2.5, abs=0.4)
    assert (found.weights > 0).all()


def test_contrast_is_full_at_the_outline_and_none_beside_it() -> None:
    at_outline, inside = (read(picture(), lines(column, CREASE), len(ROWS), 3) for column in (EDGE, EDGE - 15))
    assert at_outline is not None
    assert inside is not None
    assert at_outline.contrast > 0.9
    assert inside.contrast < 0.1


def test_an_edge_where_the_object_is_covered_does_not_count() -> None:
    found = read(picture(covered=slice(0, 48)), lines(EDGE, CREASE), len(ROWS), 3)
    assert found is not None
    np.testing.assert_array_equal(found.weights > 0, np.tile(ROWS >= 47.5, 2))


def test_a_line_far_off_counts_less_and_one_inside_least() -> None:
    """A line whose outline is found 3 px farther inside or outside."""
    inside, there, outside = (read(picture(), lines(EDGE - 0.5 + d, CREASE), len(ROWS), 6) for d in (3, 0, -3))
    assert inside is not None
    assert there is not None
    assert outside is not None
    mean = [found.weights[: len(ROWS)].mean() for found in (inside, outside, there)]
    assert mean[0] < 0.5 * mean[1] < 0.5 * mean[2]


def test_nothing_is_read_where_no_object_is_seen_or_no_line_is_usable() -> None:
    assert read(picture(object_is_seen=False), lines(EDGE, CREASE), len(ROWS), 6) is None
    none = lines(EDGE, CREASE)
    none.usable[: len(ROWS)] = False
    assert read(picture(), none, len(ROWS), 6) is None
