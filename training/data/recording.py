"""Own recordings: a rosbag2 (MCAP, SQLite) with images, camera_info and the objects' true poses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.rosbag2 import ReaderError
from rosbags.serde import SerdeError
from rosbags.typesys import Stores, get_typestore

from fpgnas_core.camera import Camera
from training.data.fields import check_in_front
from training.data.pose_track import Edge, FrameTree, Matrix, PoseTrack, StaticPose
from training.data.ros_messages import camera_of_info, image_of, pose_of, stamp_of
from training.data.sample import Annotation, Sample
from training.errors import DatasetError

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
CAMERA_TYPE, POSE_TYPE, TF_TYPE = (
    "sensor_msgs/msg/CameraInfo",
    "geometry_msgs/msg/PoseStamped",
    "tf2_msgs/msg/TFMessage",
)
STATIC_TOPIC = "/tf_static"


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
    Raises DatasetError, which names recording, topic, stamp and field.
    """
    with _open(path) as reader:
        truth = _Truth(path, reader, settings)
        image_topic = _topic(path, reader, settings.image, IMAGE_TYPES)
        info_topic = _topic(path, reader, settings.camera_info, (CAMERA_TYPE,))
        camera: Camera | None = None
        number = 0
        for topic, where, message in _messages(path, reader, (image_topic, info_topic)):
            if topic == info_topic:
                camera = camera_of_info(message, where)
                continue
            camera = camera or _first_camera(path, reader, info_topic)
            annotations = truth.annotations(message.header.frame_id, stamp_of(message), where)
            if annotations:
                yield _sample(path, topic, number, message, camera, annotations)
            number += 1


def topics_of(path: Path) -> dict[str, str]:
    """Message type of each topic. Raises DatasetError."""
    with _open(path) as reader:
        return {connection.topic: connection.msgtype for connection in reader.connections}


class _Truth:
    """True poses of all objects at any stamp."""

    def __init__(self, path: Path, reader: AnyReader, settings: RecordingSettings) -> None:
        self._objects, self._gap_ns = settings.objects, round(settings.longest_gap * 1e9)
        self._tree = _frame_tree(path, reader)
        self._frames, self._tracks = _pose_tracks(path, reader, settings.objects)
        for name in settings.objects:
            if name not in self._tracks and name not in self._tree.frames:
                known = sorted(self._tree.frames | {c.topic for c in reader.connections if c.msgtype == POSE_TYPE})
                raise DatasetError(f"{path}: objects: expected one of {', '.join(known) or 'none'}, got {name}")

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


def _pose_tracks(path: Path, reader: AnyReader, names: Iterable[str]) -> tuple[dict[str, str], dict[str, PoseTrack]]:
    """Frame and poses of each of these topics."""
    topics = {connection.topic for connection in reader.connections if connection.msgtype == POSE_TYPE}
    frames: dict[str, str] = {}
    stamps, poses = defaultdict[str, list[int]](list), defaultdict[str, list[Matrix]](list)
    for topic, where, message in _messages(path, reader, topics & set(names)):
        if frames.setdefault(topic, message.header.frame_id) != message.header.frame_id:
            raise DatasetError(
                f"{where}: frame_id: expected {frames[topic]!r} as before, got {message.header.frame_id!r}"
            )
        stamps[topic].append(stamp_of(message))
        poses[topic].append(pose_of(message.pose.position, message.pose.orientation, where))
    return frames, {topic: PoseTrack(stamps[topic], poses[topic]) for topic in stamps}


def _frame_tree(path: Path, reader: AnyReader) -> FrameTree:
    stamps, poses = defaultdict[Edge, list[int]](list), defaultdict[Edge, list[Matrix]](list)
    fixed: dict[Edge, PoseTrack | StaticPose] = {}
    parents: dict[str, str] = {}
    topics = {connection.topic for connection in reader.connections if connection.msgtype == TF_TYPE}
    for topic, where, message in _messages(path, reader, topics):
        for entry in message.transforms:
            edge = (entry.header.frame_id, entry.child_frame_id)
            if parents.setdefault(edge[1], edge[0]) != edge[0]:
                raise DatasetError(
                    f"{where}: frame {edge[1]}: expected one parent, got {parents[edge[1]]} and {edge[0]}"
                )
            moved = pose_of(entry.transform.translation, entry.transform.rotation, f"{where}: {edge[1]}")
            if topic.endswith(STATIC_TOPIC):
                fixed[edge] = StaticPose(moved)
            else:
                stamps[edge].append(stamp_of(entry))
                poses[edge].append(moved)
    return FrameTree(fixed | {edge: PoseTrack(stamps[edge], poses[edge]) for edge in stamps})


def _first_camera(path: Path, reader: AnyReader, topic: str) -> Camera:
    """An image may be recorded just before the first camera_info."""
    for _, where, message in _messages(path, reader, (topic,)):
        return camera_of_info(message, where)
    raise DatasetError(f"{path}: {topic}: expected a camera_info, found no message")


def _messages(path: Path, reader: AnyReader, topics: Iterable[str]) -> Iterator[tuple[str, str, Any]]:
    """Topic, name for messages, and content, in recorded order."""
    wanted = set(topics)
    connections = [connection for connection in reader.connections if connection.topic in wanted]
    for connection, time_ns, data in reader.messages(connections) if connections else ():
        where = f"{path}: {connection.topic} at {time_ns / 1e9:.3f} s"
        yield connection.topic, where, _deserialised(reader, connection, data, where)


def _deserialised(reader: AnyReader, connection: Connection, data: bytes, where: str) -> Any:
    try:
        return reader.deserialize(data, connection.msgtype)
    except (SerdeError, KeyError, ValueError) as error:
        raise DatasetError(f"{where}: expected a {connection.msgtype}, got a damaged message ({error})") from error


def _topic(path: Path, reader: AnyReader, wanted: str, types: tuple[str, ...]) -> str:
    topics = sorted({connection.topic for connection in reader.connections if connection.msgtype in types})
    if wanted in topics:
        return wanted
    if wanted or len(topics) != 1:
        expected = f"the topic {wanted}" if wanted else "one topic"
        kind = " or ".join(name.rsplit("/", 1)[1] for name in types)
        raise DatasetError(f"{path}: expected {expected} of {kind}, got {', '.join(topics) or 'none'}; name it")
    return topics[0]


@contextmanager
def _open(path: Path) -> Iterator[AnyReader]:
    try:
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader:
            yield reader
    except (OSError, AnyReaderError, ReaderError) as error:
        raise DatasetError(f"{path}: expected a rosbag2 recording, got {error}") from error
