"""The images of a recording one after another, each with its camera; pixels stay undecoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fpgnas_core.camera import Camera
from fpgnas_core.recording.bag import CAMERA_TYPE, IMAGE_TYPES, Bag
from fpgnas_core.recording.messages import camera_of_info, stamp_of
from fpgnas_ros.bag_evaluation.data import Frame
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.findings import Findings, StampCheck

STAMPED = 12
"""Bytes up to the end of the stamp in a message with a header, of ROS 1 and 2; a camera seldom differs behind them."""


class FrameReader:
    """Reads image and camera_info topics of one recording."""

    def __init__(self, bag: Bag, number: int, image: str, camera_info: str, findings: Findings) -> None:
        """image, camera_info: topics, or empty for the only one. number: of the bag. Raises RecordingError."""
        self._bag, self._number, self._findings = bag, number, findings
        self.image_topic = bag.topic(image, IMAGE_TYPES) if image or bag.topics(IMAGE_TYPES) else ""
        self._info_topic = self._camera_topic(camera_info)
        self._camera: Camera | None = None
        self._frame_id = ""
        self._raw_size: tuple[int, int] | None = None

    def __len__(self) -> int:
        """Number of images, as the recording says."""
        return self._bag.counts.get(self.image_topic, 0)

    def _camera_topic(self, wanted: str) -> str:
        topics = self._bag.topics((CAMERA_TYPE,))
        if wanted or len(topics) <= 1:
            return self._bag.topic(wanted, (CAMERA_TYPE,)) if wanted or topics else ""
        beside = self.image_topic.removesuffix("/compressed").rpartition("/")[0] + "/camera_info"
        return beside if beside in topics else self._bag.topic("", (CAMERA_TYPE,))

    def require_camera(self) -> None:
        """Raises EvaluationError where there are no images with a camera."""
        for topic, what in ((self.image_topic, "images"), (self._info_topic, "camera_info")):
            if not topic:
                known = ", ".join(sorted(self._bag.types)) or "none"
                raise EvaluationError(f"{self._bag.path}: expected a topic of {what}, got {known}")

    def frames(self) -> Iterator[tuple[Frame, Any]]:
        """Each image with its message's content, in recorded order. Raises RecordingError."""
        check, number = StampCheck(self._findings), 0
        self._camera = self._first_camera() if self._info_topic else None
        info = b""
        for message in self._bag.messages({self.image_topic, self._info_topic} - {""}):
            where = f"{self._bag.path}: {message.where}"
            if message.topic == self._info_topic:
                if message.data[STAMPED:] != info:
                    info = message.data[STAMPED:]
                    self._take_camera(self._bag.content(message), where)
                continue
            content = self._bag.content(message)
            stamp, frame_id = stamp_of(content), content.header.frame_id
            check.look(stamp, where)
            self._compare(content, frame_id, where)
            yield Frame(self._number, number, stamp, message.recorded_ns, frame_id, self._camera), content
            number += 1

    def _first_camera(self) -> Camera:
        """An image may be recorded just before the first camera_info."""
        for _, where, content in self._bag.contents((self._info_topic,)):
            return camera_of_info(content, where)
        raise EvaluationError(f"{self._bag.path}: {self._info_topic}: expected a camera_info, got no message")

    def _take_camera(self, content: Any, where: str) -> None:
        camera = camera_of_info(content, where)
        if self._camera is not None and camera != self._camera:
            self._findings.add("camera_changes", where)
        self._camera = camera

    def _compare(self, content: Any, frame_id: str, where: str) -> None:
        if self._frame_id and frame_id != self._frame_id:
            self._findings.add("frame_ids", f"{where}: {frame_id!r} after {self._frame_id!r}")
        self._frame_id = frame_id
        if hasattr(content, "encoding"):
            size = (int(content.width), int(content.height))
            if self._raw_size not in (None, size):
                self._findings.add("resolution_changes", f"{where}: {size} after {self._raw_size}")
            self._raw_size = size
