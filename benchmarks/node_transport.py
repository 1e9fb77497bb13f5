"""Large images on their way to the node: `python benchmarks/node_transport.py --json FILE`."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import rclpy

from benchmarks.node.process import NodeProcess
from fpgnas_ros.local_environment import local_environment, profile_variable
from fpgnas_ros.message_types.install import require_message_types
from fpgnas_ros.share_folder import resolve_model
from training.cli import run_command

SIZE = (1920, 1080)
FRAMES = 10


@dataclass(frozen=True)
class TransportSettings:
    """Sends 1920x1080 images, best effort, to the pose node and counts those that arrive, with and without our profile.

    Arrived is what the node received, dropped ones included; camera and node are processes of their own.
    """

    model: str = "demo"
    """Name of a shipped bundle, or a bundle folder."""
    bag: str = "assets/demo.mcap"
    """Recording whose frames, enlarged, are sent again and again."""
    seconds: float = 20.0
    """Length of each run, seconds."""
    rate: float = 30.0
    """Images a second, Hz."""
    json: str = ""
    """File for the figures; empty: none."""
    log: str = "out/node_transport.log"
    """File for what the node prints."""


def run(settings: TransportSettings) -> None:
    """Measure both, print a line for each, write the figures."""
    require_message_types()
    figures = {}
    for name, with_profile in (("with the profile", True), ("without", False)):
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # ROS reads its environment once a process
            sent, arrived = pool.submit(counted, settings, with_profile).result()
        figures[name.replace(" ", "_")] = {"sent": sent, "arrived": arrived, "lost": 1 - arrived / sent}
        print(f"{name:18s} {sent} sent, {arrived} arrived, {100 * (1 - arrived / sent):.2f} % lost", flush=True)
    if settings.json:
        Path(settings.json).write_text(json.dumps(figures, indent=1) + "\n")


def counted(settings: TransportSettings, with_profile: bool) -> tuple[int, int]:
    """Images sent and images received, from when the node listens."""
    os.environ.update(local_environment())
    if not with_profile:
        del os.environ[profile_variable()]
    from benchmarks.node.frames import recorded_frames  # these need the message types
    from benchmarks.node.peer import Peer

    rclpy.init()
    parameters = {"model": resolve_model(settings.model).resolve()}
    with Peer() as peer, NodeProcess(Path(settings.log), parameters):
        frames = recorded_frames(Path(settings.bag), FRAMES, SIZE)
        peer.wait_for(peer.is_heard, "the node's subscriptions")
        before, first = peer.final_status(), len(peer.published)
        count = round(settings.seconds * settings.rate)
        peer.play(frames, settings.rate, lambda number: number == count, f"{SIZE[0]}x{SIZE[1]}")
        after = peer.final_status()
        received = int(after["frames received"]) - int(before["frames received"])
        return len(peer.published) - first, received


if __name__ == "__main__":
    run_command(TransportSettings, run)
