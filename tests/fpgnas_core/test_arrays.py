import numpy as np
import pytest

from fpgnas_core.arrays import checked
from fpgnas_core.errors import FpgnasError, ShapeError


def test_lists_become_float_arrays() -> None:
    array = checked("points", [[1, 2, 3]], (None, 3))
    assert array.dtype == np.float64
    assert array.tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1.0, 2.0], r"points: expected shape \(n, 3\), got \(2,\)"),
        ([[1.0, 2.0]], r"points: expected shape \(n, 3\), got \(1, 2\)"),
        ([[1.0, 2.0, np.inf]], "points: expected finite numbers, got NaN or infinity"),
        ([[1.0], [2.0, 3.0]], r"points: expected numbers of shape \(n, 3\), got list"),
        ("abc", r"points: expected numbers of shape \(n, 3\), got str"),
    ],
)
def test_what_is_wrong_is_said(value: object, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        checked("points", value, (None, 3))


def test_all_errors_have_one_root() -> None:
    assert issubclass(ShapeError, FpgnasError)
