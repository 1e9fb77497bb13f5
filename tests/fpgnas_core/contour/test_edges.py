import numpy as np
import pytest

from fpgnas_core.contour.edges import changes, edges_across

ACROSS, ALONG = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])


def upright_edge(rise: int) -> np.ndarray:
    """Return a (32, 32, 3) picture that is brighter by `rise` right of column 16."""
    picture = np.full((32, 32, 3), 50, np.uint8)
    picture[:, 16:] += np.uint8(rise)
    return picture


def row(picture: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return strengths along row 16, columns 8 to 23."""
    return edges_across(changes(picture).reshape(-1, 3), 16 * 32 + np.arange(8, 24)[None], direction)[0]


def test_edge_is_strong_across_it_and_none_along_it() -> None:
    across, along = row(upright_edge(80), ACROSS), row(upright_edge(80), ALONG)
    assert set(np.argsort(across)[-2:] + 8) == {15, 16}
    assert across[7] == pytest.approx(across[8], rel=0.02)
    np.testing.assert_allclose(along, 0, atol=1e-5)


def test_edge_seen_aslant_is_weaker_by_the_squared_cosine() -> None:
    slanting = np.array([[0.6, 0.8]])
    straight, aslant = (np.expm1(row(upright_edge(80), direction)[8]) for direction in (ACROSS, slanting))
    assert aslant == pytest.approx(0.36 * straight, rel=1e-4)


def test_strength_is_that_of_the_mean_gradient() -> None:
    """A step of 80 in three channels: its gradients sum to 80 sqrt(3) over each of 32 rows of 32 pixels."""
    tensor = changes(upright_edge(80)).reshape(-1, 3)
    gradient = np.sqrt(tensor[:, 0])
    mean = 80 * np.sqrt(3) / 32
    assert gradient.sum() / 32 == pytest.approx(80 * np.sqrt(3) / (mean + 1), rel=0.03)


def test_contrast_hardly_matters() -> None:
    faint, clear = row(upright_edge(40), ACROSS)[8], row(upright_edge(160), ACROSS)[8]
    assert faint == pytest.approx(clear, rel=0.15)


def test_flat_picture_has_no_edges() -> None:
    np.testing.assert_array_equal(row(np.full((32, 32, 3), 90, np.uint8), ACROSS), 0)
