"""The node under a camera that is too fast for it: `python benchmarks/node_soak.py --json FILE`."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[0] = str(Path(__file__).resolve().parents[1])

import matplotlib as mpl
import numpy as np
import rclpy
from numpy.typing import NDArray

mpl.use("Agg")
from matplotlib import pyplot as plt

from benchmarks.node.process import NodeProcess
from fpgnas_ros.local_environment import local_environment
from fpgnas_ros.message_types.install import require_message_types
from fpgnas_ros.share_folder import resolve_model
from training.cli import run_command

if TYPE_CHECKING:  # they need the message types
    from benchmarks.node.frames import Frames
    from benchmarks.node.peer import Peer

SIZE = (640, 480)
FRAMES = 30
CALIBRATION_S, CALIBRATION_HZ = 5.0, 60.0
TOO_FAST = 2.0
SAMPLE_S = 1.0
SETTLED = 0.1  # slopes are of what comes after this share of the run


@dataclass(frozen=True)
class SoakSettings:
    """A camera at twice the rate that the node serves: latency and memory must stay flat, drops must be counted.

    The rate that the node serves is measured first, for 5 seconds.
    """

    model: str = "demo"
    """Name of a shipped bundle, or a bundle folder."""
    bag: str = "assets/demo.mcap"
    """Recording whose frames are sent, again and again."""
    minutes: float = 10.0
    """Length of the run, minutes."""
    json: str = ""
    """File for the figures; empty: none."""
    plot: str = "out/node_soak.png"
    """PNG of latency and memory over time."""
    log: str = "out/node_soak.log"
    """File for what the node prints."""


@dataclass(frozen=True, eq=False)
class Record:
    """What was observed: minutes since the start, and latency in ms or memory in MB at that time."""

    rate_hz: float
    latency: NDArray[np.float64]
    memory: NDArray[np.float64]
    status: dict[str, str] = field(default_factory=dict)
    published: int = 0


def run(settings: SoakSettings) -> None:
    """Measure, print the slopes, write figures and plot."""
    os.environ.update(local_environment())
    require_message_types()
    record = observed(settings)
    figures = {
        "camera_hz": record.rate_hz,
        "published": record.published,
        **{w: int(record.status[f"frames {w}"]) for w in ("received", "processed", "dropped", "with error")},
        **{f"latency_p{p}_ms": float(np.percentile(record.latency[1], p)) for p in (50, 99)},
        "latency_slope_ms_per_minute": slope(record.latency),
        "memory_mb": float(record.memory[1, -1]),
        "memory_slope_mb_per_minute": slope(record.memory),
    }
    for name, value in figures.items():
        print(f"{name:30s} {value:12.3f}" if isinstance(value, float) else f"{name:30s} {value:12d}")
    draw(record, Path(settings.plot))
    print(settings.plot)
    if settings.json:
        Path(settings.json).write_text(json.dumps(figures, indent=1) + "\n")


def observed(settings: SoakSettings) -> Record:
    """The run itself."""
    from benchmarks.node.frames import recorded_frames
    from benchmarks.node.peer import Peer

    rclpy.init()
    parameters = {"model": resolve_model(settings.model).resolve()}
    with Peer() as peer, NodeProcess(Path(settings.log), parameters) as process:
        frames = recorded_frames(Path(settings.bag), FRAMES, SIZE)
        peer.wait_for(peer.is_heard, "the node's subscriptions")
        rate_hz = TOO_FAST * served_hz(peer, frames)
        began, first, memory = time.monotonic(), len(peer.published), []

        def is_over(number: int) -> bool:
            elapsed = time.monotonic() - began
            if elapsed >= len(memory) * SAMPLE_S:
                memory.append((elapsed / 60, process.memory_mb()))
            return elapsed > 60 * settings.minutes

        peer.play(frames, rate_hz, is_over, f"{rate_hz:.0f} Hz")
        status = peer.final_status()
        sent = list(peer.published.items())[first:]
        latency = [((at - began) / 60, 1000 * (peer.poses[s] - at)) for s, at in sent if s in peer.poses]
        return Record(rate_hz, np.array(latency).T, np.array(memory).T, status, len(peer.published))


def served_hz(peer: Peer, frames: Frames) -> float:
    """Poses a second that the node gives when there are always images."""
    rate, sent, known = CALIBRATION_HZ, 0, 0
    while sent <= 2 * known or not known:  # until at least half are dropped
        answered, count = len(peer.poses), round(CALIBRATION_S * rate)
        peer.play(frames, rate, lambda number, count=count: number == count, f"{rate:.0f} Hz, how many are served")
        sent, known, rate = count, len(peer.poses) - answered, 2 * rate
    return known / CALIBRATION_S


def slope(track: NDArray[np.float64]) -> float:
    """Change a minute of a (2, n) track of minutes and values, by least squares, start-up left out."""
    minutes, values = track[:, track[0] >= SETTLED * track[0, -1]]
    return float(np.polyfit(minutes, values, 1)[0])


def draw(record: Record, path: Path) -> None:
    """Latency and memory over time."""
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(8, 5), layout="constrained")
    above.plot(*record.latency, ".", markersize=2, alpha=0.4)
    above.set_ylabel("image to pose [ms]")
    above.set_ylim(0, 1.1 * float(np.percentile(record.latency[1], 99.9)))
    above.set_title(f"{record.rate_hz:.0f} Hz camera: {record.status['frames dropped']} of {record.published} dropped")
    below.plot(*record.memory)
    below.set_ylabel("node's memory [MB]")
    below.set_ylim(0, 1.2 * record.memory[1].max())
    below.set_xlabel("minutes")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    run_command(SoakSettings, run)
