"""Speed and memory of evaluating a bag: `python benchmarks/bag_evaluation.py --bundle models/demo`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from rosbags.rosbag2 import StoragePlugin, Writer

from fpgnas_core.bundle import load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.recording.bag import CAMERA_TYPE, IMAGE_TYPES, Bag, open_bag, ros2_types
from fpgnas_core.recording.messages import camera_of_info, image_of
from training.cli import run_command
from training.errors import RunError

START_NS, STEP_NS = 1_700_000_000_000_000_000, 66_666_667
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class BagEvaluationSettings:
    """Time of a bag's evaluation over that of the network alone on the same frames, and memory at two lengths."""

    bundle: str = "models/demo"
    """Bundle folder."""
    bag: str = "assets/demo.mcap"
    """Recording with ground truth on /ground_truth/pose; its frames are repeated with new stamps."""
    mesh: str = "assets/demo_object.ply"
    """The object's mesh, millimetres."""
    frames: int = 1000
    """Frames of the shorter recording."""
    longer: int = 4
    """How many times as long the other one is, which shows whether memory grows."""
    out: str = "out/bag_evaluation"
    """Folder for the results."""


def run(settings: BagEvaluationSettings) -> None:
    """Measure, print one line for each length and write figures.json."""
    alone = alone_seconds(settings)
    out = Path(settings.out)
    rows = [measured(settings, frames, alone) for frames in (settings.frames, settings.longer * settings.frames)]
    (out / "figures.json").write_text(json.dumps({**alone, "evaluations": rows}, indent=1) + "\n")
    times = ", ".join(f"{name} {1000 * seconds:.1f} ms a frame" for name, seconds in alone.items())
    print(f"{times}, on all {os.cpu_count()} cores, one frame after another")
    for row in rows:
        print(
            f"{row['frames']} frames, {row['recording_mb']:.0f} MB: {row['seconds']:.1f} s = "
            f"{row['ratio_to_network']:.2f} x the network alone, {row['ratio_to_estimator']:.2f} x the estimator; "
            f"{row['peak_mb']:.0f} MB of memory, report {row['report_mb']:.2f} MB"
        )


def alone_seconds(settings: BagEvaluationSettings) -> dict[str, float]:
    """Time of the network, and of the whole estimator, on a frame that is decoded already; means over the recording."""
    estimator = PoseEstimator(load_bundle(settings.bundle))
    with open_bag(Path(settings.bag)) as bag:
        image_topic, info_topic = bag.topic("", IMAGE_TYPES), bag.topic("", (CAMERA_TYPE,))
        _, where, info = next(bag.contents((info_topic,)))
        camera = camera_of_info(info, where)
        images = [image_of(message, where) for _, where, message in bag.contents((image_topic,))][: settings.frames]
    estimator.warm_up(camera.width, camera.height)
    network = 0.0
    began = time.perf_counter()
    for image in images:
        estimator.estimate(image, camera)
        network += estimator.last_timings.network_s
    return {"network": network / len(images), "estimator": (time.perf_counter() - began) / len(images)}


def measured(settings: BagEvaluationSettings, frames: int, alone: dict[str, float]) -> dict[str, Any]:
    """One evaluation as a process of its own, its start included. Raises RunError."""
    folder = Path(settings.out) / f"{frames}_frames"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bag = write_repeated(Path(settings.bag), folder / "bag", frames)
    options = ("--bundle", settings.bundle, "--mesh", settings.mesh, "--out", str(folder))
    command = [sys.executable, "-m", "fpgnas_ros.evaluate_bag", str(bag), *options]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise RunError(f"evaluate_bag: expected exit code 0, got {os.waitstatus_to_exitcode(status)}")
    return {
        "frames": frames,
        "recording_mb": bag.stat().st_size / 1e6,
        "seconds": seconds,
        "ratio_to_network": seconds / frames / alone["network"],
        "ratio_to_estimator": seconds / frames / alone["estimator"],
        "peak_mb": usage.ru_maxrss / 1000,
        "report_mb": (folder / "report.html").stat().st_size / 1e6,
    }


def write_repeated(source: Path, folder: Path, frames: int) -> Path:
    """The recording's frames again and again, each STEP_NS after the one before; returns the MCAP file."""
    store = ros2_types()
    with open_bag(source) as bag, Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connections = {topic: writer.add_connection(topic, name, typestore=store) for topic, name in bag.types.items()}
        for number, group in enumerate(islice(cycle(_frames_of(bag)), frames)):
            stamp_ns = START_NS + number * STEP_NS
            for topic, content in group:
                content.header.stamp.sec, content.header.stamp.nanosec = divmod(stamp_ns, 10**9)
                data = store.serialize_cdr(content, content.__msgtype__)
                writer.write(connections[topic], stamp_ns, data)
    return next(folder.glob("*.mcap"))


def _frames_of(bag: Bag) -> Iterator[list[tuple[str, Any]]]:
    """The messages of each stamp of the recording."""
    groups: dict[int, list[tuple[str, Any]]] = {}
    for topic, _, content in bag.contents(bag.types):
        stamp = content.header.stamp
        groups.setdefault(stamp.sec * 10**9 + stamp.nanosec, []).append((topic, content))
    yield from groups.values()


if __name__ == "__main__":
    run_command(BagEvaluationSettings, run)
