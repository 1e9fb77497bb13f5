"""Writes topics to a recording, each message byte for byte as it came."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError

from fpgnas_core.errors import RecordingError
from fpgnas_ros.bag_evaluation.message_store import message_store

BAG_VERSION: Final = 9
DEPTH = 100


class BagRecorder:
    """Records to the end of `with`; spin its node. counts: messages of each topic. Raises RecordingError."""

    def __init__(self, node: Node, folder: Path, topics: list[str]) -> None:
        self._node, self._store = node, message_store()
        self.counts = {node.resolve_topic_name(topic): 0 for topic in topics}
        self._known: set[str] = set()
        try:
            self._writer = Writer(folder, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP)
            self._writer.open()
        except (WriterError, OSError) as error:
            raise RecordingError(f"{folder}: expected a folder that does not exist yet ({error})") from error

    def __enter__(self) -> BagRecorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def subscribe_to_new_topics(self) -> None:
        """Those of the wanted ones that have appeared since."""
        for topic, types in self._node.get_topic_names_and_types():
            if topic in self.counts and topic not in self._known:
                self._known.add(topic)
                self._subscribe(topic, types[0])

    def _subscribe(self, topic: str, type_name: str) -> None:
        if type_name not in self._store.types:
            self._node.get_logger().warning(f"{topic}: {type_name} is not recorded, its definition is not known here")
            return
        connection = self._writer.add_connection(topic, type_name, typestore=self._store)
        package, _, name = type_name.partition("/msg/")
        message = getattr(importlib.import_module(f"{package}.msg"), name)
        self._node.create_subscription(
            message, topic, partial(self._write, topic, connection), self._qos(topic), raw=True
        )

    def _qos(self, topic: str) -> QoSProfile:
        """What every publisher of the topic can serve."""
        offered = [info.qos_profile for info in self._node.get_publishers_info_by_topic(topic)]
        reliable = all(profile.reliability == ReliabilityPolicy.RELIABLE for profile in offered)
        latched = bool(offered) and all(p.durability == DurabilityPolicy.TRANSIENT_LOCAL for p in offered)
        return QoSProfile(
            depth=DEPTH,
            reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
        )

    def _write(self, topic: str, connection: Any, data: bytes) -> None:
        self._writer.write(connection, self._node.get_clock().now().nanoseconds, data)
        self.counts[topic] += 1
