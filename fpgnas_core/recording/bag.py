"""Opening recordings: rosbag2 (MCAP, SQLite; split, compressed) and ROS 1, through `rosbags`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.rosbag1 import ReaderError as Ros1Error
from rosbags.rosbag2 import ReaderError as Ros2Error
from rosbags.serde import SerdeError
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from fpgnas_core.errors import RecordingError
from fpgnas_core.recording.whole_records import WholeRecords
from fpgnas_core.recording.whole_rows import copy_whole_rows

FILE_SUFFIXES = (".mcap", ".db3", ".bag")
IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
CAMERA_TYPE = "sensor_msgs/msg/CameraInfo"
POSE_TYPE = "geometry_msgs/msg/PoseStamped"
TF_TYPE = "tf2_msgs/msg/TFMessage"
_UNREADABLE = (OSError, AnyReaderError, Ros1Error, Ros2Error, sqlite3.Error, ValueError, TypeError)
"""What files that are no recordings make `rosbags` raise."""


@dataclass(frozen=True)
class RecordedMessage:
    """A message as it was on the wire."""

    topic: str
    type_name: str
    recorded_ns: int
    """When it was recorded, nanoseconds."""
    data: bytes

    @property
    def where(self) -> str:
        """Name of the message for people."""
        return f"{self.topic} at {self.recorded_ns / 1e9:.3f} s"


class Bag:
    """An open recording."""

    def __init__(self, path: Path, reader: AnyReader, damage: str = "", as_far_as_it_goes: bool = False) -> None:
        """Wrap an open reader; `open_bag` makes one."""
        self.path, self.damage = path, damage
        self._reader, self._goes_on = reader, as_far_as_it_goes

    @property
    def types(self) -> dict[str, str]:
        """Message type of each topic."""
        return {connection.topic: connection.msgtype for connection in self._reader.connections}

    @property
    def counts(self) -> dict[str, int]:
        """Number of messages of each topic, as the recording says."""
        counts = dict.fromkeys(self.types, 0)
        for connection in self._reader.connections:
            counts[connection.topic] += connection.msgcount
        return counts

    def topics(self, types: Sequence[str]) -> list[str]:
        """Return the topics of these types, sorted."""
        return sorted(topic for topic, name in self.types.items() if name in types)

    def topic(self, wanted: str, types: Sequence[str]) -> str:
        """Return `wanted`, or if that is empty the only topic of these types. Raises RecordingError."""
        topics = self.topics(types)
        if wanted in topics:
            return wanted
        if wanted or len(topics) != 1:
            expected = f"the topic {wanted}" if wanted else "one topic"
            kind = " or ".join(name.rsplit("/", 1)[1] for name in types)
            got = self.types.get(wanted, "") or ", ".join(topics) or "none"
            advice = "check its name" if wanted else "name it"
            raise RecordingError(f"{self.path}: expected {expected} of {kind}, got {got}; {advice}")
        return topics[0]

    def messages(
        self, topics: Iterable[str], start_ns: int | None = None, stop_ns: int | None = None
    ) -> Iterator[RecordedMessage]:
        """Yield the messages of some topics in recorded order, of those recorded from start_ns to before stop_ns.

        Raises RecordingError where the file is damaged; opened `as_far_as_it_goes`, says so in `damage` and ends.
        """
        wanted = set(topics)
        connections = [connection for connection in self._reader.connections if connection.topic in wanted]
        count = 0
        try:
            for connection, recorded_ns, data in (
                self._reader.messages(connections, start_ns, stop_ns) if connections else ()
            ):
                yield RecordedMessage(connection.topic, connection.msgtype, recorded_ns, bytes(data))
                count += 1
        except Exception as error:  # what decompressors raise has no common root
            damage = f"{self.path}: damaged after {count} messages ({error}); what follows could not be read"
            if not self._goes_on:
                raise RecordingError(damage) from error
            self.damage = damage

    def content(self, message: RecordedMessage) -> Any:
        """Return the message's fields, named as in ROS. Raises RecordingError."""
        try:
            return self._reader.deserialize(message.data, message.type_name)
        except (AnyReaderError, SerdeError, KeyError, ValueError) as error:
            where = f"{self.path}: {message.where}"
            raise RecordingError(f"{where}: expected a {message.type_name}, got a damaged message ({error})") from error

    def contents(self, topics: Iterable[str]) -> Iterator[tuple[str, str, Any]]:
        """Yield topic, name for messages to people, and fields, in recorded order. Raises RecordingError."""
        for message in self.messages(topics):
            yield message.topic, f"{self.path}: {message.where}", self.content(message)


def ros2_types() -> Typestore:
    """Return the message types of recordings that do not bring their own (SQLite before ROS 2 Iron)."""
    return get_typestore(Stores.ROS2_HUMBLE)


@contextmanager
def open_bag(path: Path, types: Typestore | None = None, as_far_as_it_goes: bool = False) -> Iterator[Bag]:
    """Open a recording's folder or one file of it. Raises RecordingError.

    types: of a recording that does not bring its own. as_far_as_it_goes: a recording that was cut off is read up to
    there, and `damage` says so, where otherwise it is an error.
    """
    store = types or ros2_types()
    damage = ""
    if not path.exists():
        raise RecordingError(f"{path}: expected a recording, got no such file or folder; check the path")
    with ExitStack() as stack:
        try:
            reader = _opened([path], store)
        except _UNREADABLE as error:
            try:
                parts = _whole_parts(path, stack) if as_far_as_it_goes else []
                reader = _opened(parts, store)
            except _UNREADABLE:
                raise RecordingError(f"{path}: expected a rosbag2 recording, got {_reason(error)}") from error
            damage = _damage(path, parts, reader, error)
        stack.callback(reader.close)
        yield Bag(path, reader, damage, as_far_as_it_goes)


def _opened(paths: Sequence[Any], store: Typestore) -> AnyReader:
    reader = AnyReader(paths, default_typestore=store)
    reader.open()
    return reader


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _whole_parts(path: Path, stack: ExitStack) -> list[Path | WholeRecords]:
    """The files of a recording one by one, without a torn end; copies are deleted as `stack` closes."""
    files = [file for file in path.glob("*") if file.suffix in FILE_SUFFIXES] if path.is_dir() else [path]
    return [_whole_part(file, stack) if file.is_file() else file for file in sorted(files)]


def _whole_part(file: Path, stack: ExitStack) -> Path | WholeRecords:
    if file.suffix == ".mcap":
        return WholeRecords(file)
    if file.suffix == ".db3" and not _is_sound(file):
        return copy_whole_rows(file, Path(stack.enter_context(TemporaryDirectory(prefix="fpgnas_recording_"))))
    return file


def _is_sound(file: Path) -> bool:
    """Tell whether SQLite opens a file as it is."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1", uri=True)) as database:
            database.execute("SELECT count(*) FROM messages").fetchone()
    except sqlite3.Error:
        return False
    return True


def _damage(path: Path, parts: Sequence[Path | WholeRecords], reader: AnyReader, error: Exception) -> str:
    lost = sum(part.lost_bytes for part in parts if isinstance(part, WholeRecords))
    read = f"read up to there, {reader.message_count} messages"
    return f"{path}: the recording was cut off ({_reason(error)}); {read}" + (
        f", without its last {lost} bytes" * (lost > 0)
    )
