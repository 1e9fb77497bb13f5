"""Speed and memory of evaluating a bag: `python benchmarks/bag_evaluation.py --bundle models/demo`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from rosbags.rosbag2 import StoragePlugin, Writer

from benchmarks.evaluation_process import evaluate_bag
from fpgnas_core.arrays import Float32Array
from fpgnas_core.bundle import load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.network import Grids, Network
from fpgnas_core.recording.bag import CAMERA_TYPE, IMAGE_TYPES, Bag, open_bag, ros2_types
from fpgnas_core.recording.messages import camera_of_info, image_of
from training.cli import run_command

START_NS, STEP_NS = 1_700_000_000_000_000_000, 66_666_667
SAMPLED = 50
"""Frames that the network alone is timed on."""
WAYS = {
    "one_thread": "frame after frame on one thread",
    "all_threads": "frame after frame on all cores' threads",
    "side_by_side": "with frames side by side, one on each core",
}
"""How the network alone is run."""


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
    """Measure, print one line for each length and one for each step, and write figures.json."""
    inputs = network_inputs(settings)
    out = Path(settings.out)
    lengths = (settings.frames, settings.longer * settings.frames)
    # The network alone before and after each evaluation, for the machine may be busier at one time than at another.
    alone, rows = [alone_seconds(settings.bundle, inputs)], []
    for frames in lengths:
        rows.append(measured(settings, frames))
        alone.append(alone_seconds(settings.bundle, inputs))
        rows[-1]["ratio_to_network"] = {
            way: rows[-1]["seconds"] / frames / ((alone[-2][way] + alone[-1][way]) / 2) for way in WAYS
        }
    figures = {"cores": os.cpu_count(), "network_alone_s": alone, "evaluations": rows}
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    print("\n".join(_lines(alone, rows)))


def _lines(alone: list[dict[str, float]], rows: list[dict[str, Any]]) -> Iterator[str]:
    """What was measured, for people."""
    yield f"network alone, ms a frame on {os.cpu_count()} cores, before and after each evaluation:"
    for way, meaning in WAYS.items():
        yield f"  {meaning}: {', '.join(f'{1000 * measured[way]:.1f}' for measured in alone)}"
    for row in rows:
        yield (
            f"{row['frames']} frames, {row['recording_mb']:.0f} MB: {row['seconds']:.1f} s; "
            f"{row['peak_mb']:.0f} MB of memory, report {row['report_mb']:.2f} MB"
        )
        yield from (f"  {row['ratio_to_network'][way]:.2f} x the network {meaning}" for way, meaning in WAYS.items())
        shares = (f"{name} {1000 * value / row['frames']:.2f}" for name, value in row["cpu_s"].items())
        yield f"  CPU time, ms a frame: {', '.join(shares)}"


def network_inputs(settings: BagEvaluationSettings) -> list[list[Float32Array]]:
    """Both passes' inputs of frames all over the recording, as the estimator makes them."""
    estimator = PoseEstimator(load_bundle(settings.bundle), threads=1)
    with open_bag(Path(settings.bag)) as bag:
        image_topic, info_topic = bag.topic("", IMAGE_TYPES), bag.topic("", (CAMERA_TYPE,))
        _, where, info = next(bag.contents((info_topic,)))
        camera = camera_of_info(info, where)
        contents = list(bag.contents((image_topic,)))[: settings.frames]
    inputs: list[list[Float32Array]] = []
    run_network = estimator._perception.network.run

    def kept(images: Float32Array) -> Grids:
        inputs[-1].append(images)
        return run_network(images)

    estimator._perception.network.run = kept  # type: ignore[method-assign]
    for _, where, message in contents[:: max(1, len(contents) // SAMPLED)]:
        inputs.append([])
        estimator.estimate(image_of(message, where), camera)
    return inputs


def alone_seconds(bundle: str, inputs: list[list[Float32Array]]) -> dict[str, float]:
    """Time of the network a frame, by WAYS."""
    path, cores = load_bundle(bundle).model_path, os.cpu_count() or 1
    together, apart = Network(path), [Network(path, 1) for _ in range(cores)]
    shares = [inputs[i::cores] for i in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        return {
            "one_thread": _seconds(lambda: _run_all(apart[0], inputs)) / len(inputs),
            "all_threads": _seconds(lambda: _run_all(together, inputs)) / len(inputs),
            "side_by_side": _seconds(lambda: list(pool.map(_run_all, apart, shares))) / len(inputs),
        }


def _run_all(network: Network, inputs: list[list[Float32Array]]) -> None:
    for passes in inputs:
        for images in passes:
            network.run(images)


def _seconds(work: Callable[[], object]) -> float:
    work()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measured(settings: BagEvaluationSettings, frames: int) -> dict[str, Any]:
    """One evaluation as a process of its own, its start included. Raises RunError."""
    folder = Path(settings.out) / f"{frames}_frames"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bag = write_repeated(Path(settings.bag), folder / "bag", frames)
    options = ("--bundle", settings.bundle, "--mesh", settings.mesh, "--out", str(folder))
    done = evaluate_bag(str(bag), *options)
    run = json.loads((folder / "summary.json").read_text())["runs"][0]
    network = run["timing"]["network_ms"]["mean"] / run["timing"]["estimate_ms"]["mean"] * run["cpu_s"]["estimate"]
    workers = {"network": network, **run["cpu_s"], "estimate": run["cpu_s"]["estimate"] - network}
    return {
        "frames": frames,
        "recording_mb": bag.stat().st_size / 1e6,
        "seconds": done.seconds,
        "peak_mb": done.peak_mb,
        "report_mb": (folder / "report.html").stat().st_size / 1e6,
        "cpu_s": {**workers, "start_read_and_write": done.cpu_s},
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
