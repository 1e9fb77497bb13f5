"""Recordings with ground truth and estimates that are known by hand, and their evaluation."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer

from fpgnas_ros.bag_evaluation.evaluate import Evaluation, evaluate
from fpgnas_ros.bag_evaluation.message_store import message_store
from fpgnas_ros.bag_evaluation.settings import EvaluationSettings
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.bag_evaluation.truth import Matching
from tests.fpgnas_core.recorded import START_NS, STEP_NS, camera_info, header, png_image, pose

STORE = message_store()
IMAGES, INFO = "/camera/image/compressed", "/camera/camera_info"
TRUTH, ESTIMATES = "/ground_truth/pose", "/object_pose"
LATENCY_NS = 20_000_000
Messages = list[tuple[str, int, Any]]


def stamp(number: float) -> int:
    return START_NS + round(number * STEP_NS)


def cameras(count: int) -> Messages:
    """camera_info and black images of 8x6 px."""
    picture = np.zeros((6, 8, 3), np.uint8)
    infos: Messages = [(INFO, stamp(i), camera_info(stamp(i))) for i in range(count)]
    return infos + [(IMAGES, stamp(i), png_image(stamp(i), picture)) for i in range(count)]


def poses(
    topic: str, places: Sequence[float | None], delay_ns: int = 0, frame: str = "camera_optical_frame"
) -> Messages:
    """One pose a frame at x metres, recorded with a delay; none where the place is None."""
    return [(topic, stamp(i) + delay_ns, pose(stamp(i), x, frame)) for i, x in enumerate(places) if x is not None]


def recording(truth: Sequence[float | None], estimates: Sequence[float | None]) -> Messages:
    """Images, ground truth and estimates."""
    return cameras(len(truth)) + poses(TRUTH, truth) + poses(ESTIMATES, estimates, LATENCY_NS)


def detections(number: int, found: Sequence[tuple[str, float, float]]) -> Any:
    """A Detection3DArray of (class, score, x)."""
    make = STORE.types
    entries = []
    for name, score, x in found:
        content = make["geometry_msgs/msg/PoseWithCovariance"](pose(stamp(number), x).pose, np.zeros(36))
        hypothesis = make["vision_msgs/msg/ObjectHypothesis"](class_id=name, score=score)
        result = make["vision_msgs/msg/ObjectHypothesisWithPose"](hypothesis, content)
        size = make["geometry_msgs/msg/Vector3"](0.1, 0.1, 0.1)
        box = make["vision_msgs/msg/BoundingBox3D"](pose(0, x).pose, size)
        entries.append(make["vision_msgs/msg/Detection3D"](header(stamp(number)), [result], box, name))
    return make["vision_msgs/msg/Detection3DArray"](header(stamp(number)), entries)


def write(folder: Path, messages: Messages, storage: StoragePlugin = StoragePlugin.MCAP) -> Path:
    """Record in the order of time; returns the recording's folder."""
    with Writer(folder, version=9, storage_plugin=storage) as writer:
        connections: dict[str, Any] = {}
        for topic, time_ns, message in sorted(messages, key=lambda entry: entry[1]):
            name = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, name, typestore=STORE)
            writer.write(connections[topic], time_ns, STORE.serialize_cdr(message, name))
    return folder


def settings(bundle: Path, out: Path, *bags: Path, **changes: Any) -> EvaluationSettings:
    """Scores what was recorded, unless `changes` say otherwise."""
    base = EvaluationSettings(
        bags=bags,
        bundles=(),
        objects=str(bundle),
        meshes=(),
        truth=(Source.parse(TRUTH),),
        estimates=(),
        image="",
        camera_info="",
        matching=Matching(20_000_000),
        out=out,
    )
    return replace(base, **changes)


def evaluated(bundle: Path, tmp_path: Path, messages: Messages, **changes: Any) -> Evaluation:
    """Write a recording and evaluate it."""
    bag = write(tmp_path / "bag", messages)
    return evaluate(settings(bundle, tmp_path / "out", bag, **changes), "test")


def offsets(evaluation: Evaluation) -> list[float | None]:
    """Translation error of each frame in metres, None where it was missed or has no ground truth."""
    return [
        round(score.instances[0].translation, 6) if score.instances and score.instances[0].estimate else None
        for score in evaluation.runs[0].scores
    ]
