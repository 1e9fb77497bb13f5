"""What the node did lately: rates, latencies, drops, errors. Safe to use from several threads."""

import threading
import time
from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

WINDOW_S = 5.0
KEPT_FRAMES = 300
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Snapshot:
    """State of the counters at one moment. Latencies: step -> its (p50, p95, p99), milliseconds.

    time_jumps: how often an image was older than the one before; is_stamped: whether the last one had a stamp.
    """

    received: int
    processed: int
    with_pose: int
    dropped: int
    errors: int
    input_hz: float
    output_hz: float
    seconds_since_image: float
    time_jumps: int
    is_stamped: bool
    latencies_ms: dict[str, tuple[float, float, float]]
    last_error: str
    seconds_since_error: float


class Statistics:
    """Counts since it was made; rates over the last WINDOW_S, latencies over the last KEPT_FRAMES frames."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received = self._processed = self._with_pose = self._dropped = self._errors = 0
        self._time_jumps, self._is_stamped = 0, True
        self._input_times: deque[float] = deque(maxlen=KEPT_FRAMES)
        self._output_times: deque[float] = deque(maxlen=KEPT_FRAMES)
        self._steps: dict[str, deque[float]] = {}
        self._last_error, self._error_time = "", float("-inf")

    def add_received(self, replaced_another: bool) -> None:
        """A frame came; `replaced_another` where it took the place of one that waited."""
        with self._lock:
            self._received += 1
            self._dropped += replaced_another
            self._input_times.append(time.monotonic())

    def add_processed(self, steps_s: dict[str, float], has_pose: bool, is_stamped: bool) -> None:
        """A frame's outputs were published; steps_s: how long each step took, seconds."""
        with self._lock:
            self._processed += 1
            self._with_pose += has_pose
            self._is_stamped = is_stamped
            self._output_times.append(time.monotonic())
            for step, seconds in steps_s.items():
                self._steps.setdefault(step, deque(maxlen=KEPT_FRAMES)).append(1000 * seconds)

    def add_time_jump(self) -> None:
        """An image was older than the one before."""
        with self._lock:
            self._time_jumps += 1

    def add_error(self, message: str) -> None:
        """A frame gave no output."""
        with self._lock:
            self._errors += 1
            self._last_error, self._error_time = message, time.monotonic()

    def snapshot(self) -> Snapshot:
        """The counters now."""
        now = time.monotonic()
        with self._lock:
            steps = {step: np.array(values) for step, values in self._steps.items()}
            snapshot = Snapshot(
                received=self._received,
                processed=self._processed,
                with_pose=self._with_pose,
                dropped=self._dropped,
                errors=self._errors,
                input_hz=event_rate(self._input_times, now),
                output_hz=event_rate(self._output_times, now),
                seconds_since_image=now - self._input_times[-1] if self._input_times else float("inf"),
                time_jumps=self._time_jumps,
                is_stamped=self._is_stamped,
                latencies_ms={},
                last_error=self._last_error,
                seconds_since_error=now - self._error_time,
            )
        # outside the lock: the worker must not wait for it
        return replace(snapshot, latencies_ms={step: _percentiles(values) for step, values in steps.items()})


def event_rate(times: deque[float], now: float) -> float:
    """Events a second: intervals between those of the last WINDOW_S, over the time that they took."""
    recent = [t for t in times if now - t <= WINDOW_S]
    return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 and recent[-1] > recent[0] else 0.0


def _percentiles(values: NDArray[np.float64]) -> tuple[float, float, float]:
    # As np.percentile, which takes five times as long: all that time a frame in progress waits for the interpreter.
    places = np.array(PERCENTILES) / 100 * (len(values) - 1)
    p50, p95, p99 = np.interp(places, np.arange(len(values)), np.sort(values)).tolist()
    return p50, p95, p99
