"""The demo: a pose node in a process of its own, a recording played to it over DDS, its poses scored."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import rclpy
from tqdm import tqdm

from fpgnas_core.bundle import load_bundle
from fpgnas_core.errors import FpgnasError
from fpgnas_core.recording.messages import stamp_of
from fpgnas_ros.bag import read_topic
from fpgnas_ros.demo_pictures import write_pictures
from fpgnas_ros.demo_score import FrameResult, score, summary_line
from fpgnas_ros.local_environment import local_environment
from fpgnas_ros.message_types.install import require_message_types
from fpgnas_ros.ply_points import read_ply_points
from fpgnas_ros.share_folder import resolve_model, share_folder

if TYPE_CHECKING:  # they need the message types
    from fpgnas_ros.bag_player import BagPlayer
    from fpgnas_ros.demo_listener import PoseListener

IMAGE_TOPIC = "/camera/image/compressed"
CAMERA_INFO_TOPIC = "/camera/camera_info"
TRUTH_TOPIC = "/ground_truth/pose"
START_TIMEOUT_S = 60.0
LAST_FRAME_TIMEOUT_S = 3.0
STOP_TIMEOUT_S = 10.0
SETTLE_S = 1.0  # each side of DDS discovers the other by itself
MM = 1e-3


class DemoError(FpgnasError):
    """The demo cannot run."""


@dataclass(frozen=True)
class DemoSettings:
    """model: bundle; bag: recording; mesh: PLY in millimetres; out: folder for the results."""

    model: str
    bag: Path
    mesh: Path
    out: Path


def run(settings: DemoSettings) -> str:
    """Runs the demo, writes summary.json and pictures, returns its one-line result. Raises FpgnasError."""
    bundle = load_bundle(resolve_model(settings.model))
    points = MM * read_ply_points(settings.mesh)
    os.environ.update(local_environment())
    require_message_types()
    rclpy.init()
    frames, status, transforms = _play(settings)
    figures = {
        **score(frames, points, bundle.objects[0].diameter),
        "transforms": transforms,
        "execution_provider": status.get("execution provider"),
        "bundle_macs": bundle.macs,
        "bundle_flops": bundle.flops,
    }
    settings.out.mkdir(parents=True, exist_ok=True)
    (settings.out / "summary.json").write_text(json.dumps(figures, indent=1) + "\n")
    write_pictures(settings.out, settings.bag, (IMAGE_TOPIC, CAMERA_INFO_TOPIC), frames, bundle.objects[0])
    return summary_line(figures)


def _play(settings: DemoSettings) -> tuple[list[FrameResult], dict[str, str], int]:
    """Frames, the node's last diagnostics, and how many frames had a transform."""
    from fpgnas_ros.bag_player import BagPlayer  # these need the message types
    from fpgnas_ros.demo_listener import PoseListener

    stamps = [stamp_of(message) for message in read_topic(settings.bag, IMAGE_TOPIC)]
    published: list[float] = []
    with PoseListener() as listener, _pose_node(settings.model) as process:
        player = BagPlayer(listener.node, settings.bag)
        _wait_until_ready(player, listener, process)
        with tqdm(total=len(stamps), desc="demo", unit="frame") as progress:

            def note(topic: str) -> None:
                if topic == IMAGE_TOPIC:
                    published.append(time.monotonic())
                    progress.update()

            player.play(note)
        _wait_for(lambda: stamps[-1] in listener.processed, LAST_FRAME_TIMEOUT_S)
    return _results(settings.bag, stamps, published, listener), listener.status, len(listener.transforms)


def _results(bag: Path, stamps: list[int], published: list[float], listener: PoseListener) -> list[FrameResult]:
    from fpgnas_ros.pose_messages import from_pose

    truth = {stamp_of(message): from_pose(message.pose) for message in read_topic(bag, TRUTH_TOPIC)}
    missing = set(stamps) - set(truth)
    if missing:
        raise DemoError(f"{bag}: expected a pose on {TRUTH_TOPIC} for each image, {len(missing)} have none")
    results = []
    for stamp, published_at in zip(stamps, published, strict=True):
        received_at, pose = listener.poses.get(stamp, (None, None))
        processed = stamp in listener.processed
        results.append(FrameResult(stamp, truth[stamp], published_at, received_at, pose, processed))
    return results


@contextmanager
def _pose_node(model: str) -> Iterator[subprocess.Popen[bytes]]:
    """The node's process, ended by SIGINT."""
    remap = ("-r", f"image/compressed:={IMAGE_TOPIC}", "-r", f"camera_info:={CAMERA_INFO_TOPIC}")
    parameters = ("-p", f"model:={resolve_model(model).resolve()}", "-p", "image_transport:=compressed")
    command = [sys.executable, "-m", "fpgnas_ros.pose_node", "--ros-args", *remap, *parameters]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_ready(player: BagPlayer, listener: PoseListener, process: subprocess.Popen[bytes]) -> None:
    def is_ready() -> bool:
        if process.poll() is not None or listener.status.get("last error"):
            raise DemoError(f"the pose node did not start: {listener.status.get('last error', 'it ended')}")
        outputs = ("/object_pose", "/detections", "/tf")
        heard = all(listener.node.count_publishers(topic) for topic in outputs)
        return heard and player.has_listener(IMAGE_TOPIC) and player.has_listener(CAMERA_INFO_TOPIC)

    if not _wait_for(is_ready, START_TIMEOUT_S):
        raise DemoError(f"the pose node was not ready after {START_TIMEOUT_S:.0f} s; its messages are above")
    time.sleep(SETTLE_S)


def _wait_for(condition: Callable[[], bool], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(met)


def main() -> int:
    """Prints the result as the last line; 2 with one line on stderr where the demo cannot run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="demo", help="name of a shipped bundle, or a bundle folder")
    parser.add_argument("--bag", type=Path, help="recording to play (default: the shipped one)")
    parser.add_argument("--mesh", type=Path, help="PLY of the object, millimetres (default: the demo object)")
    parser.add_argument("--out", type=Path, default=Path("out/demo"), help="folder for the results")
    arguments = parser.parse_args()
    try:
        assets = share_folder() / "assets"
        bag, mesh = arguments.bag or assets / "demo.mcap", arguments.mesh or assets / "demo_object.ply"
        line = run(DemoSettings(arguments.model, bag, mesh, arguments.out))
    except FpgnasError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
