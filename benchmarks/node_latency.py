"""Latency of the running node: `python benchmarks/node_latency.py --json FILE`."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
import rclpy
from lifecycle_msgs.msg import Transition

from benchmarks.node.process import NodeProcess
from fpgnas_ros.local_environment import local_environment
from fpgnas_ros.message_types.install import require_message_types
from fpgnas_ros.share_folder import resolve_model
from training.cli import run_command
from training.errors import RunError

if TYPE_CHECKING:  # they need the message types
    from benchmarks.node.frames import Frames
    from benchmarks.node.peer import Peer

SIZE = (640, 480)
FRAMES = 150
FIRST_POSE_S = 20.0
STEPS = ("image conversion", "waiting", "preprocessing", "decoding", "pnp", "outline")
JPEG_SHARE = 4  # the run with JPEG images is that much shorter
MOST_IN_NODE_P50_MS, MOST_ABOVE_NETWORK_P99_MS = 4.0, 10.0
"""Targets: of a frame's overhead in the node, and of the latency's p99 above the network's."""


@dataclass(frozen=True)
class LatencySettings:
    """Plays 640x480 images to the pose node, a process of its own, and times each from publish to pose received.

    The overhead of a frame is its latency less the network's time in it; in the node: without transport and JPEG
    decoding. A second, shorter run sends JPEG.
    """

    model: str = "demo"
    """Name of a shipped bundle, or a bundle folder."""
    bag: str = "assets/demo.mcap"
    """Recording whose frames are sent, again and again."""
    seconds: float = 60.0
    """Length of the run with raw images, seconds."""
    rate: float = 30.0
    """Images a second, Hz."""
    threads: int = 0
    """CPU threads of the network; 0: as ONNX Runtime chooses."""
    json: str = ""
    """File for the figures; empty: none."""
    log: str = "out/node_latency.log"
    """File for what the node prints."""


def run(settings: LatencySettings) -> None:
    """Measure, print the table, write the figures."""
    os.environ.update(local_environment())
    require_message_types()
    raw = measured(settings, settings.seconds, jpeg=False)
    jpeg = measured(settings, settings.seconds / JPEG_SHARE, jpeg=True)
    names = [f"{part}_p{p}_ms" for part in ("conversion", "latency", "overhead_in_node") for p in (50, 99)]
    figures = raw | {f"jpeg_{name}": jpeg[name] for name in names}
    print_table(settings, figures)
    if settings.json:
        Path(settings.json).write_text(json.dumps(figures, indent=1) + "\n")


def print_table(settings: LatencySettings, figures: dict[str, float | int]) -> None:
    """What was measured, percentiles side by side."""
    print(f"{f'{settings.rate:g} Hz, {os.cpu_count()} cores':32s} {'p50':>9s} {'p99':>9s}")
    for name, p50 in figures.items():
        if name.endswith("_p50_ms"):
            part = name.removesuffix("_p50_ms")
            print(f"{part.replace('_', ' ') + ' [ms]':32s} {p50:9.2f} {figures[f'{part}_p99_ms']:9.2f}")
    print(f"configure {figures['configure_s']:.2f} s, activate to first pose {figures['first_pose_s']:.2f} s")
    above = figures["latency_p99_ms"] - figures["network_p99_ms"]
    print(f"overhead in node, p50: {figures['overhead_in_node_p50_ms']:.2f} of {MOST_IN_NODE_P50_MS:g} ms")
    print(f"latency p99 above network p99: {above:.2f} of {MOST_ABOVE_NETWORK_P99_MS:g} ms")
    counted = ("published", "received", "processed", "dropped", "with_error", "lost_in_transport", "unaccounted")
    print("frames: " + ", ".join(f"{figures[name]} {name.replace('_', ' ')}" for name in counted))


def measured(settings: LatencySettings, seconds: float, jpeg: bool) -> dict[str, float | int]:
    """One run: start-up, latencies, what became of the frames."""
    from benchmarks.node.frames import recorded_frames
    from benchmarks.node.peer import Peer

    parameters = {
        "model": resolve_model(settings.model).resolve(),
        "threads": settings.threads,
        "image_transport": "compressed" if jpeg else "raw",
        "autostart": False,
    }
    rclpy.init()
    with Peer() as peer, NodeProcess(Path(settings.log), parameters, tells_times=True) as process:
        frames = recorded_frames(Path(settings.bag), FRAMES, SIZE, jpeg)
        start = start_up(peer, frames, settings.rate)
        before, first, count = peer.final_status(), len(peer.published), round(seconds * settings.rate)
        peer.play(frames, settings.rate, lambda number: number == count, "JPEG" if jpeg else "raw")
        status = peer.final_status()
        peer.wait_for(lambda: len(process.frame_times()) >= int(status["frames processed"]), "the node's log")
        stamps = list(peer.published)[first:]
        return start | latencies(peer, stamps, process.frame_times(), jpeg) | account(len(stamps), before, status)


def start_up(peer: Peer, frames: Frames, rate_hz: float) -> dict[str, float]:
    """Seconds that configure took, and from the call of activate to the first pose."""
    configure = peer.change_state(Transition.TRANSITION_CONFIGURE)
    began = time.monotonic()
    peer.change_state(Transition.TRANSITION_ACTIVATE)
    deadline = began + FIRST_POSE_S
    peer.play(frames, rate_hz, lambda _: bool(peer.poses) or time.monotonic() > deadline, "start-up")
    if not peer.poses:
        raise RunError(f"expected a pose within {FIRST_POSE_S:.0f} s, got none; the node's log is in the file `log`")
    return {"configure_s": configure, "first_pose_s": min(peer.poses.values()) - began}


def latencies(peer: Peer, stamps: list[int], times: dict[int, dict[str, float]], jpeg: bool) -> dict[str, float]:
    """Percentiles over the frames that got a pose, ms. Transport: of the image to the node and of the pose back."""
    answered = [stamp for stamp in stamps if stamp in peer.poses and stamp in times]
    if not answered:
        raise RunError("expected poses, got none")
    whole = np.array([1000 * (peer.poses[stamp] - peer.published[stamp]) for stamp in answered])
    steps = {name: np.array([times[stamp][name] for stamp in answered]) for name in times[answered[0]]}
    parts = {
        "latency": whole,
        "network": steps["network"],
        "overhead": whole - steps["network"],
        "overhead_in_node": steps["received to published"] - steps["network"] - jpeg * steps["image conversion"],
        "transport": whole - steps["received to published"],
        **{name.replace("image ", ""): steps[name] for name in STEPS},
    }
    return {f"{name}_p{p}_ms": float(np.percentile(ms, p)) for name, ms in parts.items() for p in (50, 99)}


def account(published: int, before: dict[str, str], after: dict[str, str]) -> dict[str, int]:
    """What became of the frames; unaccounted: those that the node neither answered nor says it dropped or refused."""
    whats = ("received", "processed", "dropped", "with error")
    counts = {what: int(after[f"frames {what}"]) - int(before[f"frames {what}"]) for what in whats}
    return {
        "published": published,
        **{name.replace(" ", "_"): count for name, count in counts.items()},
        "lost_in_transport": published - counts["received"],
        "unaccounted": counts["received"] - counts["processed"] - counts["dropped"] - counts["with error"],
    }


if __name__ == "__main__":
    run_command(LatencySettings, run)
