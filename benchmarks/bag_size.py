"""Memory over a large recording, and the report of a long one: `python benchmarks/bag_size.py --gigabytes 10`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer

from benchmarks.evaluation_process import evaluate_bag
from fpgnas_core.recording.bag import CAMERA_TYPE, IMAGE_TYPES, POSE_TYPE, open_bag, ros2_types
from fpgnas_core.recording.messages import camera_of_info, image_of
from training.cli import run_command
from training.errors import RunError

START_NS, STEP_NS = 1_700_000_000_000_000_000, 66_666_667
WIDTH, HEIGHT, GROUND_TRUTH, ESTIMATES = 1920, 1080, "/ground_truth/pose", "/object_pose"
SPREAD_M = 0.005
BROWSER_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom")

Group = tuple[Any, Any, Any]
"""Image, camera_info and true pose of one frame."""


@dataclass(frozen=True)
class BagSizeSettings:
    """Evaluates a large recording of raw 1920x1080 images and a long one of estimates, with their memory and report."""

    bundle: str = "models/demo"
    """Bundle folder."""
    bag: str = "assets/demo.mcap"
    """Recording with ground truth on /ground_truth/pose; its frames are repeated with new stamps."""
    mesh: str = "assets/demo_object.ply"
    """The object's mesh, millimetres."""
    gigabytes: float = 10.0
    """Size of the large recording; as much disk is needed."""
    frames: int = 10_000
    """Frames of the long recording, whose estimates are the truth and some noise."""
    out: str = "out/bag_size"
    """Folder for the recordings, which are deleted again, and the results."""


def run(settings: BagSizeSettings) -> None:
    """Measure, print two lines and write figures.json."""
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    large = large_recording(settings)
    print(
        f"recording of {large['gigabytes']:.2f} GB, {large['frames']} frames of {WIDTH}x{HEIGHT}, run again: "
        f"{large['peak_mb']:.0f} MB of memory, {large['seconds']:.0f} s",
        flush=True,
    )
    long = long_recording(settings)
    print(
        f"recording of {long['frames']} frames, scored: {long['peak_mb']:.0f} MB of memory, {long['seconds']:.0f} s, "
        f"report {long['report_mb']:.2f} MB, opens in {long['opens_s']:.2f} s with the start of the browser, "
        f"an empty page in {long['empty_page_s']:.2f} s"
    )
    (out / "figures.json").write_text(json.dumps({"large": large, "long": long}, indent=1) + "\n")


def large_recording(settings: BagSizeSettings) -> dict[str, float]:
    """Run the bundle again over raw images. Raises RunError where the disk is too small."""
    size = settings.gigabytes * 1e9
    if shutil.disk_usage(settings.out).free < 1.1 * size:
        raise RunError(f"{settings.out}: expected {1.1 * size / 1e9:.1f} GB of free disk; set --out or --gigabytes")
    frames = max(1, round(size / (3 * WIDTH * HEIGHT)))
    with tempfile.TemporaryDirectory(dir=settings.out) as folder:
        raw = [_enlarged(group) for group in _frames_of(settings.bag)[:50]]
        bag = _write(Path(folder) / "bag", raw, frames, estimates=False)
        done = evaluate_bag(str(bag), "--bundle", settings.bundle, "--mesh", settings.mesh, "--out", folder)
        gigabytes = bag.stat().st_size / 1e9
    return {"frames": frames, "gigabytes": gigabytes, "peak_mb": done.peak_mb, "seconds": done.seconds}


def long_recording(settings: BagSizeSettings) -> dict[str, float]:
    """Score estimates, and open the report in a browser."""
    with tempfile.TemporaryDirectory(dir=settings.out) as folder:
        bag = _write(Path(folder) / "bag", _frames_of(settings.bag), settings.frames, estimates=True)
        done = evaluate_bag(str(bag), "--objects", settings.bundle, "--mesh", settings.mesh, "--out", folder)
        report = Path(folder) / "report.html"
        size, (opens, empty) = report.stat().st_size / 1e6, _seconds_to_open(report)
    return {
        "frames": settings.frames,
        "peak_mb": done.peak_mb,
        "seconds": done.seconds,
        "report_mb": size,
        "opens_s": opens,
        "empty_page_s": empty,
    }


def _frames_of(path: str) -> list[Group]:
    with open_bag(Path(path)) as bag:
        topics = (bag.topic("", IMAGE_TYPES), bag.topic("", (CAMERA_TYPE,)), bag.topic(GROUND_TRUTH, (POSE_TYPE,)))
        images, infos, poses = ([content for _, _, content in bag.contents((topic,))] for topic in topics)
    return list(zip(images, infos, poses, strict=True))


def _enlarged(group: Group) -> Group:
    """Raw and of 1920x1080, with the camera that sees it so."""
    image, info, pose = group
    camera = camera_of_info(info, "camera_info").resized(WIDTH, HEIGHT)
    pixels = np.ascontiguousarray(cv2.resize(image_of(image, "image"), (WIDTH, HEIGHT))).ravel()
    raw = ros2_types().types["sensor_msgs/msg/Image"](
        image.header, height=HEIGHT, width=WIDTH, encoding="bgr8", is_bigendian=0, step=3 * WIDTH, data=pixels
    )
    info.width, info.height, info.k = WIDTH, HEIGHT, camera.matrix.ravel()
    return raw, info, pose


def _write(folder: Path, groups: list[Group], frames: int, estimates: bool) -> Path:
    """Repeat the frames, each STEP_NS after the one before; returns the MCAP file."""
    store, rng = ros2_types(), np.random.default_rng(0)
    topics = ("/camera/image", "/camera/camera_info", GROUND_TRUTH)
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connections = {
            topic: writer.add_connection(topic, content.__msgtype__, typestore=store)
            for topic, content in zip((*topics, ESTIMATES), (*groups[0], groups[0][2]), strict=True)
        }

        def write(topic: str, stamp_ns: int, content: Any) -> None:
            content.header.stamp.sec, content.header.stamp.nanosec = divmod(stamp_ns, 10**9)
            writer.write(connections[topic], stamp_ns, store.serialize_cdr(content, content.__msgtype__))

        for number, group in zip(range(frames), cycle(groups)):
            for topic, content in zip(topics, group, strict=True):
                write(topic, START_NS + number * STEP_NS, content)
            if estimates:
                place, error = group[2].pose.position, SPREAD_M * rng.standard_normal()
                place.x += error
                write(ESTIMATES, START_NS + number * STEP_NS, group[2])
                place.x -= error
    return next(folder.glob("*.mcap"))


def _seconds_to_open(report: Path) -> tuple[float, float]:
    """Until a browser without a window has started and has it, or an empty page, as a document. Raises RunError.

    The best of three each.
    """
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        raise RunError("expected chromium or google-chrome on the PATH; install one to time the report")
    empty = report.with_name("empty.html")
    empty.write_text("<!DOCTYPE html><title>empty</title>")

    def seconds(page: Path) -> float:
        command = [browser, *BROWSER_FLAGS, f"--user-data-dir={report.with_name('profile')}", page.resolve().as_uri()]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return time.perf_counter() - began

    seconds(empty)  # the first start makes a profile
    return min(seconds(report) for _ in range(3)), min(seconds(empty) for _ in range(3))


if __name__ == "__main__":
    run_command(BagSizeSettings, run)
