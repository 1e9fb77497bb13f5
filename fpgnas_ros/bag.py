"""Reading rosbag2 recordings (MCAP, SQLite) without a ROS installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.rosbag2 import ReaderError
from rosbags.typesys import Stores, get_typestore

from fpgnas_core.errors import FpgnasError


class BagError(FpgnasError):
    """A recording that is missing, damaged, or lacks a topic."""


@dataclass(frozen=True)
class RawMessage:
    """A recorded message as it was on the wire. recorded_ns: time of the recording, nanoseconds."""

    topic: str
    type_name: str
    recorded_ns: int
    data: bytes


def read_raw(path: Path) -> list[RawMessage]:
    """All messages in recorded order. Raises BagError."""
    with _open(path) as reader:
        return [
            RawMessage(connection.topic, connection.msgtype, recorded_ns, bytes(data))
            for connection, recorded_ns, data in reader.messages()
        ]


def read_topic(path: Path, topic: str) -> Iterator[Any]:
    """The messages of one topic, deserialised; fields are named as in ROS. Raises BagError."""
    with _open(path) as reader:
        connections = [connection for connection in reader.connections if connection.topic == topic]
        if not connections:
            known = ", ".join(sorted({connection.topic for connection in reader.connections}))
            raise BagError(f"{path}: expected a topic {topic}, got {known or 'none'}")
        for connection, _, data in reader.messages(connections):
            yield reader.deserialize(data, connection.msgtype)


def stamp_ns(message: Any) -> int:
    """The header's stamp in nanoseconds, of a message of rclpy or of a bag."""
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


@contextmanager
def _open(path: Path) -> Iterator[AnyReader]:
    try:
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader:
            yield reader
    except (OSError, AnyReaderError, ReaderError, ValueError) as error:
        raise BagError(f"{path}: expected a rosbag2 recording, got {error}") from error
