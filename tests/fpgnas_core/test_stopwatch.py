import time

import pytest

from fpgnas_core.stopwatch import Stopwatch, Timings


def test_stages_add_up_apart() -> None:
    watch = Stopwatch()
    for _ in range(2):
        with watch.network:
            time.sleep(0.01)
    timings = watch.timings()
    assert timings.network_s >= 0.02
    assert (timings.preprocess_s, timings.decode_s, timings.pnp_s) == (0.0, 0.0, 0.0)


def test_time_counts_when_a_stage_fails() -> None:
    watch = Stopwatch()
    with pytest.raises(ValueError, match="bad"), watch.decode:
        raise ValueError("bad")
    assert watch.timings().decode_s > 0


def test_reset_starts_from_zero() -> None:
    watch = Stopwatch()
    with watch.pnp:
        pass
    watch.reset()
    assert watch.timings() == Timings(0.0, 0.0, 0.0, 0.0, 0.0)
