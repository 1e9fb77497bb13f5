"""Counters and percentiles against numbers worked out by hand."""

from collections import deque

import pytest

from fpgnas_ros.diagnostics import InputTopic, diagnostic_status
from fpgnas_ros.statistics import Snapshot, Statistics, event_rate


def test_every_frame_is_counted_where_it_belongs() -> None:
    statistics = Statistics()
    for replaced in (False, True, True, False):
        statistics.add_received(replaced)
    statistics.add_processed({}, has_pose=True, is_stamped=True)
    statistics.add_processed({}, has_pose=False, is_stamped=False)
    statistics.add_time_jump()
    statistics.add_error("bad image")
    snapshot = statistics.snapshot()
    assert (snapshot.received, snapshot.dropped, snapshot.processed, snapshot.with_pose) == (4, 2, 2, 1)
    assert (snapshot.errors, snapshot.last_error) == (1, "bad image")
    assert snapshot.seconds_since_error < 5
    assert snapshot.seconds_since_image < 5
    assert (snapshot.is_stamped, snapshot.time_jumps) == (False, 1)


def test_before_the_first_image_there_was_none() -> None:
    assert Statistics().snapshot().seconds_since_image == float("inf")


def test_latencies_are_percentiles_in_milliseconds() -> None:
    statistics = Statistics()
    for number in range(101):
        statistics.add_processed({"network": 0.001 * number}, has_pose=True, is_stamped=True)
    assert statistics.snapshot().latencies_ms["network"] == pytest.approx((50.0, 95.0, 99.0))


@pytest.mark.parametrize(
    ("times", "expected"),
    [([100.0, 100.1, 100.2, 100.3], 10.0), ([100.0], 0.0), ([], 0.0), ([90.0, 100.0, 100.5], 2.0)],
)
def test_rate_is_that_of_the_intervals_of_the_last_seconds(times: list[float], expected: float) -> None:
    assert event_rate(deque(times), now=101.0) == pytest.approx(expected)


def snapshot(**changes: object) -> Snapshot:
    values: dict[str, object] = {
        "received": 5,
        "processed": 4,
        "with_pose": 3,
        "dropped": 1,
        "errors": 0,
        "input_hz": 30.0,
        "output_hz": 29.5,
        "seconds_since_image": 0.02,
        "time_jumps": 2,
        "is_stamped": True,
        "latencies_ms": {"network": (1.0, 2.0, 3.0)},
        "last_error": "",
        "seconds_since_error": float("inf"),
    }
    return Snapshot(**{**values, **changes})  # type: ignore[arg-type]


ALIVE = {name: InputTopic(f"/cam/{name}", 1, True) for name in ("camera_info", "image")}


@pytest.mark.parametrize(
    ("state", "changes", "level", "message"),
    [
        ("active", {}, b"\x00", "29.5 frames/s"),
        ("inactive", {}, b"\x01", "not active: inactive"),
        ("active", {"is_stamped": False}, b"\x01", "images have no stamp: their poses have none either"),
        ("active", {"last_error": "bad", "seconds_since_error": 1.0}, b"\x02", "bad"),
        ("active", {"last_error": "bad", "seconds_since_error": 60.0}, b"\x00", "29.5 frames/s"),
        ("unconfigured", {"last_error": "no bundle", "seconds_since_error": 60.0}, b"\x02", "no bundle"),
    ],
)
def test_level_and_message_tell_what_matters_most(
    state: str, changes: dict[str, object], level: bytes, message: str
) -> None:
    status = diagnostic_status("node", state, snapshot(**changes), {}, **ALIVE)
    assert (status.level, status.message) == (level, message)


NO_IMAGES = "no images: nobody publishes /cam/image"
NO_INFO = "no camera_info: nobody publishes /cam/camera_info"


@pytest.mark.parametrize(
    ("image", "camera_info", "message"),
    [
        ((0, False), (1, True), NO_IMAGES),
        ((2, False), (1, True), "no images: nothing came on /cam/image (publishers: 2)"),
        ((1, True), (0, False), NO_INFO),
        ((0, False), (0, False), f"{NO_IMAGES}; {NO_INFO}"),
    ],
)
def test_a_missing_input_is_named_with_the_likely_cause(
    image: tuple[int, bool], camera_info: tuple[int, bool], message: str
) -> None:
    inputs = (InputTopic("/cam/camera_info", *camera_info), InputTopic("/cam/image", *image))
    status = diagnostic_status("node", "active", snapshot(), {}, *inputs)
    assert (status.level, status.message) == (b"\x01", message)


def test_values_carry_counts_and_percentiles() -> None:
    status = diagnostic_status("node", "active", snapshot(), {"model": "demo"})
    values = {pair.key: pair.value for pair in status.values}
    assert (values["model"], values["frames dropped"], values["network p99 [ms]"]) == ("demo", "1", "3.00")
    assert values["time jumps back"] == "2"
