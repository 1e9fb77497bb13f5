"""Listens to a pose node as any other node would, and notes what came when."""

import threading
import time
from contextlib import suppress
from types import TracebackType

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from fpgnas_core.recording.messages import stamp_of
from fpgnas_ros.pose_messages import from_pose

DEPTH = 100


class PoseListener:
    """A node that spins in a thread of its own from `with` to its end. Everything is by image stamp, ns."""

    def __init__(self) -> None:
        self.node: Node = rclpy.create_node("demo_listener")
        self.poses: dict[int, tuple[float, NDArray[np.float64]]] = {}
        self.processed: set[int] = set()
        self.transforms: set[int] = set()
        self.status: dict[str, str] = {}
        for message, topic, callback in (
            (PoseStamped, "/object_pose", self._take_pose),
            (Detection3DArray, "/detections", self._take_detections),
            (TFMessage, "/tf", self._take_transforms),
            (DiagnosticArray, "/diagnostics", self._take_diagnostics),
        ):
            self.node.create_subscription(message, topic, callback, DEPTH)
        self._thread = threading.Thread(target=self._spin, daemon=True)

    def __enter__(self) -> "PoseListener":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        rclpy.try_shutdown()
        self._thread.join()

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            rclpy.spin(self.node)

    def _take_pose(self, message: PoseStamped) -> None:
        self.poses[stamp_of(message)] = time.monotonic(), from_pose(message.pose)

    def _take_detections(self, message: Detection3DArray) -> None:
        self.processed.add(stamp_of(message))

    def _take_transforms(self, message: TFMessage) -> None:
        self.transforms.update(stamp_of(transform) for transform in message.transforms)

    def _take_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.status = {"message": status.message, **{pair.key: pair.value for pair in status.values}}
