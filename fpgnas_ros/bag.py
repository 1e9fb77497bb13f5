"""What the demo and the bag player read of a recording."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fpgnas_core.errors import RecordingError
from fpgnas_core.recording.bag import RecordedMessage, open_bag


def read_raw(path: Path) -> list[RecordedMessage]:
    """All messages in recorded order. Raises RecordingError."""
    with open_bag(path) as bag:
        return list(bag.messages(bag.types))


def read_topic(path: Path, topic: str) -> Iterator[Any]:
    """The messages of one topic, deserialised; fields are named as in ROS. Raises RecordingError."""
    with open_bag(path) as bag:
        if topic not in bag.types:
            known = ", ".join(sorted(bag.types))
            raise RecordingError(f"{path}: expected a topic {topic}, got {known or 'none'}")
        for _, _, message in bag.contents((topic,)):
            yield message
