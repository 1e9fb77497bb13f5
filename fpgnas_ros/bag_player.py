"""Plays a recording over ROS 2 at its recorded rate, each message byte for byte as it was recorded."""

import importlib
import time
from collections.abc import Callable
from pathlib import Path

from rclpy.node import Node

from fpgnas_core.recording.bag import RecordedMessage
from fpgnas_ros.bag import read_raw

DEPTH = 10


class BagPlayer:
    """Publishers for the topics of a recording."""

    def __init__(self, node: Node, bag: Path) -> None:
        self.messages: list[RecordedMessage] = read_raw(bag)
        types = {message.topic: message.type_name for message in self.messages}
        self._publishers = {
            topic: node.create_publisher(_message_class(name), topic, DEPTH) for topic, name in types.items()
        }

    def has_listener(self, topic: str) -> bool:
        """Whether anybody subscribes to one of its topics."""
        return self._publishers[topic].get_subscription_count() > 0

    def play(self, on_publish: Callable[[str], None], rate: float = 1.0) -> None:
        """Publishes all messages, `rate` times as fast as recorded; on_publish(topic) just before each."""
        began, recorded_start = time.monotonic(), self.messages[0].recorded_ns
        for message in self.messages:
            due = began + 1e-9 * (message.recorded_ns - recorded_start) / rate
            time.sleep(max(0.0, due - time.monotonic()))
            on_publish(message.topic)
            self._publishers[message.topic].publish(message.data)


def _message_class(type_name: str) -> type:
    package, _, name = type_name.partition("/msg/")
    return getattr(importlib.import_module(f"{package}.msg"), name)
