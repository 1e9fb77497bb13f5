import pytest

from fpgnas_core.errors import ShapeError
from fpgnas_core.metrics import translation_error


def test_distance_by_hand() -> None:
    assert translation_error([0.003, 0.004, 1.0], [0.0, 0.0, 1.0]) == pytest.approx(0.005)


def test_column_vectors_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"translation_estimated: expected shape \(3\), got \(3, 1\)"):
        translation_error([[0.0], [0.0], [1.0]], [0.0, 0.0, 1.0])
