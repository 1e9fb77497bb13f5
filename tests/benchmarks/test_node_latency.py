"""The benchmark's own arithmetic, and a short run of the whole."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.node_latency import account, latencies
from benchmarks.node_soak import slope
from tests.patience import PATIENCE_S

CHECKOUT = Path(__file__).resolve().parents[2]
STEPS = (
    "waiting",
    "image conversion",
    "preprocessing",
    "network",
    "decoding",
    "pnp",
    "outline",
    "received to published",
)


def test_overhead_is_latency_less_the_networks_time_of_the_same_frame() -> None:
    peer = SimpleNamespace(published={1: 10.0, 2: 20.0, 3: 30.0}, poses={1: 10.050, 2: 20.030})
    times = {1: dict.fromkeys(STEPS, 40.0), 2: dict.fromkeys(STEPS, 10.0)}
    figures = latencies(peer, [1, 2, 3], times, jpeg=False)  # type: ignore[arg-type]
    assert figures["latency_p50_ms"] == pytest.approx(40.0)
    assert figures["network_p50_ms"] == pytest.approx(25.0)
    assert figures["overhead_p50_ms"] == pytest.approx(15.0)  # of 10 and 20


def test_overhead_in_the_node_is_without_transport_and_jpeg_decoding() -> None:
    peer = SimpleNamespace(published={1: 10.0}, poses={1: 10.050})
    times = {1: dict.fromkeys(STEPS, 0.0) | {"network": 20.0, "received to published": 45.0, "image conversion": 3.0}}
    raw, jpeg = (latencies(peer, [1], times, jpeg) for jpeg in (False, True))  # type: ignore[arg-type]
    assert raw["transport_p50_ms"] == pytest.approx(5.0)
    assert raw["overhead_in_node_p50_ms"] == pytest.approx(25.0)
    assert jpeg["overhead_in_node_p50_ms"] == pytest.approx(22.0)


def test_every_frame_is_accounted_for() -> None:
    before = {"frames received": "2", "frames processed": "2", "frames dropped": "0", "frames with error": "0"}
    after = {"frames received": "12", "frames processed": "8", "frames dropped": "2", "frames with error": "1"}
    counts = account(11, before, after)
    assert (counts["received"], counts["lost_in_transport"], counts["unaccounted"]) == (10, 1, 1)


def test_slope_is_a_minutes_change_without_the_start_up() -> None:
    minutes = [0.0, 0.1, 1.0, 2.0, 3.0]
    track = np.array([minutes, [90.0, 90.0, 5.0, 7.0, 9.0]])
    assert slope(track) == pytest.approx(2.0)


def test_a_short_run_writes_the_figures(tmp_path: Path) -> None:
    files = ("--json", str(tmp_path / "figures.json"), "--log", str(tmp_path / "log"))
    command = [sys.executable, "benchmarks/node_latency.py", "--seconds", "2", "--rate", "10", *files]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["published"] == 20
    assert figures["unaccounted"] == 0
    assert 0 < figures["network_p50_ms"] <= figures["latency_p50_ms"]
    assert figures["latency_p50_ms"] <= figures["latency_p99_ms"]
    assert {"network_p99_ms", "overhead_p50_ms", "overhead_in_node_p50_ms", "dropped"} <= figures.keys()
    assert {"jpeg_conversion_p50_ms", "jpeg_overhead_in_node_p50_ms"} <= figures.keys()
