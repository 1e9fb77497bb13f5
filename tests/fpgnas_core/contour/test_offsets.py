import numpy as np
import pytest

from fpgnas_core.contour.offsets import edge_offsets

LARGEST = 6
NO_EDGES = np.zeros((1, 2 * LARGEST + 1), np.float32)


def step_at(edge: float, largest: int = LARGEST) -> np.ndarray:
    """Return the log odds within `largest` pixels on a line on which the object ends at `edge`."""
    return np.where(np.arange(-largest, largest + 1) < edge, 3.0, -3.0)[None].astype(np.float32)


@pytest.mark.parametrize("edge", [-2.5, 0.5, 3.5])
def test_outline_is_found_where_the_colours_change(edge: float) -> None:
    offsets, information = edge_offsets(step_at(edge, 8), np.zeros((1, 17), np.float32))
    assert offsets[0] == pytest.approx(edge, abs=0.2)
    # Odds of 3, of which two pixels share one: exp(-1.5 k) at 0.5 + k px to either side, a variance of 0.99 px^2.
    assert information[0] == pytest.approx(1 / (0.99 + 0.25), abs=0.06)


def test_colours_that_do_not_change_say_nothing() -> None:
    offsets, information = edge_offsets(NO_EDGES, NO_EDGES)
    assert offsets[0] == pytest.approx(0, abs=1e-3)
    assert information[0] == pytest.approx(0, abs=1e-4)


def test_an_edge_alone_is_the_outline() -> None:
    edges = NO_EDGES.copy()
    edges[0, LARGEST + 3] = np.log1p(5.0**2)
    offsets, information = edge_offsets(NO_EDGES, edges)
    # By hand: 3 px out the likelihood is exp(2 log 26 - (3 / 4.2)^2 / 2), at the 12 others exp(-(d / 4.2)^2 / 2).
    assert offsets[0] == pytest.approx(3, abs=0.1)
    assert information[0] > 1


def test_of_two_places_where_colours_change_the_one_at_an_edge_is_the_outline() -> None:
    odds = step_at(0.5)
    odds[0, LARGEST - 2 : LARGEST + 1] = 0.0  # as likely the object's as not: it may end at -2.5, too
    edges = NO_EDGES.copy()
    edges[0, LARGEST - 2] = np.log1p(4.0**2)
    with_edge, _ = edge_offsets(odds, edges)
    without, _ = edge_offsets(odds, NO_EDGES)
    assert with_edge[0] == pytest.approx(-2, abs=0.3)
    assert without[0] > -1.5


def test_outline_out_of_reach_is_no_farther_than_the_largest_offset() -> None:
    offsets, _ = edge_offsets(step_at(9.5, 4), np.zeros((1, 9), np.float32))
    assert 2 < offsets[0] <= 4


def test_lines_after_those_of_the_outline_have_edges_alone() -> None:
    edges = np.repeat(NO_EDGES, 2, axis=0)
    edges[1, LARGEST - 4] = np.log1p(6.0**2)
    offsets, information = edge_offsets(step_at(2.5), edges)
    assert offsets[0] == pytest.approx(2.5, abs=0.2)
    assert offsets[1] == pytest.approx(-4, abs=0.2)
    assert information.min() > 0.5


def test_what_is_very_unlikely_does_not_spoil_numbers() -> None:
    edges = np.full((1, 2 * LARGEST + 1), -200.0, np.float32)
    edges[0, LARGEST + 1] = 200.0
    offsets, information = edge_offsets(NO_EDGES, edges)
    assert offsets[0] == pytest.approx(1, abs=1e-3)
    assert np.isfinite(information).all()
