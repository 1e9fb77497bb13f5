"""Own recordings: a rosbag2 (MCAP, SQLite) with images, camera_info and the objects' true poses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fpgnas_core.camera import Camera
from fpgnas_core.recording.bag import CAMERA_TYPE, IMAGE_TYPES, POSE_TYPE, Bag, open_bag
from fpgnas_core.recording.messages import camera_of_info, image_of, stamp_of
from fpgnas_core.recording.pose_track import Matrix
from fpgnas_core.recording.poses import frame_tree, pose_tracks
from training.data.fields import check_in_front
from training.data.sample import Annotation, Sample
from training.errors import DatasetError


@dataclass(frozen=True)
class RecordingSettings:
    """Which topics of a recording are which."""

    objects: Mapping[str, int]
    """Object id by where its true pose is: a PoseStamped topic, or a frame of /tf."""
    image: str = ""
    """Topic of raw or compressed images; empty: the only one."""
    camera_info: str = ""
    """Topic of the camera; empty: the only one."""
    longest_gap: float = 0.1
    """Poses are interpolated between messages at most this far apart, seconds."""


def stream_recording(path: Path, settings: RecordingSettings) -> Iterator[Sample]:
    """The images of which the true pose of every object is known at their stamp, in recorded order.

    path: the folder, or its .mcap or .db3 file. A pose in another frame than the image's is brought there through
    /tf. Images without truth are left out, for a missing pose does not say that the object was out of sight.
    Raises RecordingError and DatasetError, which name recording, topic, stamp and field.
    """
    with open_bag(path) as bag:
        truth = _Truth(bag, settings)
        image_topic = bag.topic(settings.image, IMAGE_TYPES)
        info_topic = bag.topic(settings.camera_info, (CAMERA_TYPE,))
        camera: Camera | None = None
        number = 0
        for topic, where, message in bag.contents((image_topic, info_topic)):
            if topic == info_topic:
                camera = camera_of_info(message, where)
                continue
            camera = camera or _first_camera(bag, info_topic)
            annotations = truth.annotations(message.header.frame_id, stamp_of(message), where)
            if annotations:
                yield _sample(path, topic, number, message, camera, annotations)
            number += 1


def topics_of(path: Path) -> dict[str, str]:
    """Message type of each topic. Raises RecordingError."""
    with open_bag(path) as bag:
        return bag.types


class _Truth:
    """True poses of all objects at any stamp."""

    def __init__(self, bag: Bag, settings: RecordingSettings) -> None:
        self._objects, self._gap_ns = settings.objects, round(settings.longest_gap * 1e9)
        self._tree = frame_tree(bag)
        pose_topics = bag.topics((POSE_TYPE,))
        self._frames, self._tracks = pose_tracks(bag, set(pose_topics) & set(settings.objects))
        for name in settings.objects:
            if name not in self._tracks and name not in self._tree.frames:
                known = sorted({*self._tree.frames, *pose_topics})
                raise DatasetError(f"{bag.path}: objects: expected one of {', '.join(known) or 'none'}, got {name}")

    def annotations(self, camera_frame: str, stamp_ns: int, where: str) -> tuple[Annotation, ...]:
        """All objects, or nothing where the pose of one is unknown."""
        poses = {name: self._pose(name, camera_frame, stamp_ns) for name in self._objects}
        found = []
        for name, T_camera_object in poses.items():
            if T_camera_object is None:
                return ()
            check_in_front(T_camera_object[:3, 3], f"{where}: pose of {name}: position")
            found.append(Annotation(self._objects[name], T_camera_object))
        return tuple(found)

    def _pose(self, name: str, camera_frame: str, stamp_ns: int) -> Matrix | None:
        if name not in self._tracks:
            return self._tree.at(camera_frame, name, stamp_ns, self._gap_ns)
        T_frame_object = self._tracks[name].at(stamp_ns, self._gap_ns)
        T_camera_frame = self._tree.at(camera_frame, self._frames[name], stamp_ns, self._gap_ns)
        return None if T_frame_object is None or T_camera_frame is None else T_camera_frame @ T_frame_object


def _sample(
    path: Path, topic: str, number: int, message: Any, camera: Camera, annotations: tuple[Annotation, ...]
) -> Sample:
    name = path / f"{topic.strip('/').replace('/', '_')}_{number:06d}"
    return Sample(0, number, name, camera, annotations, image_reader=partial(image_of, message, str(name)))


def _first_camera(bag: Bag, topic: str) -> Camera:
    """An image may be recorded just before the first camera_info."""
    for _, where, message in bag.contents((topic,)):
        return camera_of_info(message, where)
    raise DatasetError(f"{bag.path}: {topic}: expected a camera_info, found no message")
