import math

import pytest

from fpgnas_core.confidence import shifted


def test_offset_adds_to_the_log_odds() -> None:
    """Odds of 1 : 3, three times as large, are even."""
    assert shifted(0.25, math.log(3)) == pytest.approx(0.5)
    assert shifted(0.5, math.log(3)) == pytest.approx(0.75)
    assert shifted(0.4, 0.0) == pytest.approx(0.4)


@pytest.mark.parametrize("offset", [-3.0, 0.0, 3.0])
def test_ends_and_order_stay(offset: float) -> None:
    found = [shifted(confidence, offset) for confidence in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == pytest.approx(1)
