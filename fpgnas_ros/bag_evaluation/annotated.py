"""A recording of what was estimated: poses, tf and pictures, as Foxglove and RViz show them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.overlay import draw_pose
from fpgnas_core.se3 import quaternion_xyzw_from_matrix
from fpgnas_ros.bag_evaluation.data import Frame
from fpgnas_ros.bag_evaluation.drawing import ESTIMATE_COLOUR, TRUE_COLOUR
from fpgnas_ros.bag_evaluation.message_store import message_store
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.scoring import FrameScore

BAG_VERSION: Final = 9
JPEG_QUALITY = 85
POSE, TF, PICTURE = "geometry_msgs/msg/PoseStamped", "tf2_msgs/msg/TFMessage", "sensor_msgs/msg/CompressedImage"
Messages = tuple[int, list[tuple[str, str, bytes]]]
"""Stamp, and topic, type and serialised content of each message of one frame."""
Write = Callable[[Messages | None], None]
"""Takes those of each frame in their order; None of one that could not be used."""


class AnnotatedRecording:
    """Writes an MCAP."""

    def __init__(self, folder: Path) -> None:
        """folder: of the recording; one of the same name is replaced."""
        if (folder / "metadata.yaml").is_file():
            shutil.rmtree(folder)
        self._writer = Writer(folder, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP)
        self._connections: dict[str, Any] = {}

    def __enter__(self) -> AnnotatedRecording:
        self._writer.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, messages: Messages | None) -> None:
        """Add the messages of one frame; nothing of one that could not be used."""
        if messages is None:
            return
        stamp_ns, contents = messages
        for topic, name, data in contents:
            if topic not in self._connections:
                self._connections[topic] = self._writer.add_connection(topic, name, typestore=message_store())
            self._writer.write(self._connections[topic], stamp_ns, data)


class Annotator:
    """Makes the messages of an annotated recording."""

    def __init__(self, objects: Mapping[int, EvaluatedObject]) -> None:
        """objects: by id."""
        self._objects, self._store = objects, message_store()

    def messages_of(self, score: FrameScore, image: ByteArray) -> Messages:
        """What is written of one frame: truth, estimates, tf of both, and the picture with both drawn."""
        header = self._header(score.frame)
        poses = [("truth", instance.object_id, instance.T_true) for instance in score.instances]
        if score.answer is not None:
            poses += [("estimate", e.object_id, e.T_camera_object) for e in score.answer.estimates]
        messages: list[tuple[str, str, Any]] = []
        transforms, seen = [], dict[str, int]()
        for kind, object_id, pose in poses:
            name = self._objects[object_id].model.name
            place = f"{kind}/{name}"
            number = seen[place] = seen.get(place, -1) + 1
            child = f"{place}_{number}".replace("/", "_")
            transforms.append(self._transform(header, child, pose))
            if number == 0:
                messages.append((f"/{place}", POSE, self._pose(header, pose)))
        messages.append(("/tf", TF, self._make(TF, transforms)))
        messages.append(("/overlay/compressed", PICTURE, self._picture(header, score, image)))
        store = self._store
        written = [(topic, name, bytes(store.serialize_cdr(content, name))) for topic, name, content in messages]
        return score.frame.stamp_ns, written

    def _picture(self, header: Any, score: FrameScore, image: ByteArray) -> Any:
        picture, camera = image.copy(), score.frame.camera
        assert camera is not None
        poses = [(instance.object_id, instance.T_true, TRUE_COLOUR) for instance in score.instances]
        estimates = score.answer.estimates if score.answer is not None else ()
        poses += [(e.object_id, e.T_camera_object, ESTIMATE_COLOUR) for e in estimates]
        for object_id, pose, colour in poses:
            draw_pose(picture, pose, self._objects[object_id].model, camera, color=colour)
        jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        return self._make(PICTURE, header, "jpeg", np.asarray(jpeg, np.uint8).ravel())

    def _header(self, frame: Frame) -> Any:
        stamp = self._make("builtin_interfaces/msg/Time", *divmod(frame.stamp_ns, 10**9))
        return self._make("std_msgs/msg/Header", stamp, frame.frame_id)

    def _pose(self, header: Any, pose: FloatArray) -> Any:
        position = self._make("geometry_msgs/msg/Point", *pose[:3, 3].tolist())
        return self._make(POSE, header, self._make("geometry_msgs/msg/Pose", position, self._turn(pose)))

    def _transform(self, header: Any, child: str, pose: FloatArray) -> Any:
        moved = self._make("geometry_msgs/msg/Vector3", *pose[:3, 3].tolist())
        transform = self._make("geometry_msgs/msg/Transform", moved, self._turn(pose))
        return self._make("geometry_msgs/msg/TransformStamped", header, child, transform)

    def _turn(self, pose: FloatArray) -> Any:
        return self._make("geometry_msgs/msg/Quaternion", *quaternion_xyzw_from_matrix(pose[:3, :3]).tolist())

    def _make(self, name: str, *values: Any) -> Any:
        return self._store.types[name](*values)
