"""Pictures of the frames that went worst, and of a usual and the best one to compare with."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.errors import FpgnasError
from fpgnas_core.recording.messages import image_of, stamp_of
from fpgnas_core.se3 import transform_points
from fpgnas_core.surroundings import surroundings
from fpgnas_ros.bag_evaluation.data import Frame
from fpgnas_ros.bag_evaluation.drawing import ESTIMATE_COLOUR, TRUE_COLOUR, draw_model
from fpgnas_ros.bag_evaluation.inputs import OpenRecording
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.scoring import FrameScore, InstanceScore

WORST = 6
APART_NS = 300_000_000
"""Pictured frames are at least this far apart: neighbours look alike."""
TILE_PX, JPEG_QUALITY, MARGIN = 320, 82, 1.6


@dataclass(frozen=True)
class Picture:
    """One true instance with its pose and the estimate drawn."""

    title: str
    frame: Frame
    instance: InstanceScore
    jpeg: bytes

    @property
    def data_uri(self) -> str:
        """For an <img> without a file."""
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode()


def pictures(run: Run, recordings: Sequence[OpenRecording], objects: Mapping[int, EvaluatedObject]) -> list[Picture]:
    """The worst instances by ADD(-S) in diameters, missed ones first, then the median and the best; maybe none."""
    if not all(recording.reader.image_topic for recording in recordings):
        return []
    chosen = [
        (title, score, instance)
        for title, score, instance in _chosen(run, objects)
        if score.frame.camera is not None and instance.T_true[2, 3] > 0
    ]
    made = (_picture(title, score, instance, recordings, objects) for title, score, instance in chosen)
    return [picture for picture in made if picture is not None]


def _chosen(run: Run, objects: Mapping[int, EvaluatedObject]) -> list[tuple[str, FrameScore, InstanceScore]]:
    def error(pair: tuple[FrameScore, InstanceScore]) -> float:
        return pair[1].add_or_adi / objects[pair[1].object_id].model.diameter

    pairs = [(score, instance) for score in run.scores for instance in score.instances]
    ranked = sorted(pairs, key=error, reverse=True)
    worst: list[tuple[FrameScore, InstanceScore]] = []
    for pair in ranked:
        if len(worst) < WORST and all(_apart(pair[0].frame, other.frame) for other, _ in worst):
            worst.append(pair)
    found = [pair for pair in ranked if math.isfinite(pair[1].add_or_adi)]
    chosen = [(f"worst {number}", *pair) for number, pair in enumerate(worst, start=1)]
    if found:
        chosen += [("median", *found[len(found) // 2]), ("best", *found[-1])]
    return chosen


def _apart(first: Frame, second: Frame) -> bool:
    return first.bag != second.bag or abs(first.stamp_ns - second.stamp_ns) >= APART_NS


def _picture(
    title: str,
    score: FrameScore,
    instance: InstanceScore,
    recordings: Sequence[OpenRecording],
    objects: Mapping[int, EvaluatedObject],
) -> Picture | None:
    image = read_image(recordings[score.frame.bag], score.frame)
    if image is None or score.frame.camera is None:
        return None
    scored, camera = objects[instance.object_id], score.frame.camera
    picture, camera = surroundings(image, camera, _extent(instance, scored, camera), TILE_PX, MARGIN)
    draw_model(picture, instance.T_true, scored, camera, TRUE_COLOUR)
    if instance.estimate is not None:
        draw_model(picture, instance.estimate.T_camera_object, scored, camera, ESTIMATE_COLOUR)
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return Picture(title, score.frame, instance, np.asarray(encoded, np.uint8).tobytes())


def _extent(instance: InstanceScore, scored: EvaluatedObject, camera: Camera) -> FloatArray:
    """Pixels round the true pose, and within the image round the estimate, so that both are seen; (N, 2)."""
    poses = [instance.T_true] + ([] if instance.estimate is None else [instance.estimate.T_camera_object])
    found = []
    for pose in poses:
        corners = transform_points(pose, scored.model.box_corners())
        found.append(camera.project(corners[corners[:, 2] > 0]))
    if len(found) == 2:
        found[1] = np.clip(found[1], 0, [camera.width - 1, camera.height - 1])
    return np.concatenate(found)


def read_image(recording: OpenRecording, frame: Frame) -> ByteArray | None:
    """The picture of a frame, read again; None where it cannot be used."""
    messages = recording.bag.messages({recording.reader.image_topic}, frame.recorded_ns, frame.recorded_ns + 1)
    for message in messages:
        try:
            content = recording.bag.content(message)
            if stamp_of(content) == frame.stamp_ns:
                return image_of(content, f"{recording.path}: {message.where}")
        except FpgnasError:
            return None
    return None
