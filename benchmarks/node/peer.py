"""The robot's side of a benchmark: a camera at a fixed rate, and a listener that notes what came when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import ExternalShutdownException
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from tqdm import tqdm

from benchmarks.node.frames import Frames
from fpgnas_core.recording.messages import stamp_of
from training.errors import RunError

WAIT_S = 60.0
POLL_S = 0.02
DEPTH = 100


class Peer:
    """From `with` to its end. All times are of time.monotonic, seconds, by image stamp, nanoseconds."""

    def __init__(self) -> None:
        self._node = rclpy.create_node("benchmark")
        self.published: dict[int, float] = {}
        self.poses: dict[int, float] = {}
        self.status: dict[str, str] = {}
        self._status_at = 0.0
        self._infos = self._node.create_publisher(CameraInfo, "camera_info", DEPTH)
        self._images = self._node.create_publisher(Image, "image", qos_profile_sensor_data)
        self._jpegs = self._node.create_publisher(CompressedImage, "image/compressed", qos_profile_sensor_data)
        self._node.create_subscription(PoseStamped, "object_pose", self._take_pose, DEPTH)
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._take_status, DEPTH)
        self._change_state = self._node.create_client(ChangeState, "pose_node/change_state")
        self._thread = threading.Thread(target=self._spin, daemon=True)

    def __enter__(self) -> Peer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        rclpy.try_shutdown()
        self._thread.join()

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            rclpy.spin(self._node)

    def _take_pose(self, message: PoseStamped) -> None:
        self.poses[stamp_of(message)] = time.monotonic()

    def _take_status(self, message: DiagnosticArray) -> None:
        self._status_at = time.monotonic()
        for status in message.status:
            self.status = {"message": status.message, **{pair.key: pair.value for pair in status.values}}

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Until the condition holds. Raises RunError after WAIT_S."""
        deadline = time.monotonic() + WAIT_S
        while not condition():
            if time.monotonic() > deadline:
                raise RunError(f"expected {what} within {WAIT_S:.0f} s; node: {self.status.get('message', 'silent')}")
            time.sleep(POLL_S)

    def change_state(self, transition: int) -> float:
        """Seconds that a lifecycle transition of the node took. Raises RunError where it failed."""
        self.wait_for(self._change_state.service_is_ready, "the node's lifecycle service")
        request = ChangeState.Request()
        request.transition.id = transition
        began = time.monotonic()
        answer = self._change_state.call_async(request)
        self.wait_for(answer.done, "an answer of the node's lifecycle service")
        if not answer.result().success:
            raise RunError(f"transition {transition} failed: {self.status.get('message', 'no reason given')}")
        return time.monotonic() - began

    def is_heard(self) -> bool:
        """Whether the node subscribes to camera_info and to images."""
        images = self._images.get_subscription_count() + self._jpegs.get_subscription_count()
        return bool(images and self._infos.get_subscription_count() and self._node.count_publishers("object_pose"))

    def play(self, frames: Frames, rate_hz: float, until: Callable[[int], bool], label: str) -> None:
        """Sends frames, each with the camera_info before it, until `until(number sent)`."""
        compressed = isinstance(frames.images[0], CompressedImage)
        publisher = self._jpegs if compressed else self._images
        began, number = time.monotonic(), 0
        with tqdm(desc=label, unit="frame") as progress:
            while not until(number):
                time.sleep(max(0.0, began + number / rate_hz - time.monotonic()))
                self._send(publisher, frames, number)
                number += 1
                progress.update()

    def _send(self, publisher: object, frames: Frames, number: int) -> None:
        image, stamp = frames.images[number % len(frames.images)], time.time_ns()
        image.header.stamp.sec, image.header.stamp.nanosec = divmod(stamp, 10**9)
        frames.info.header.stamp = image.header.stamp
        self._infos.publish(frames.info)
        self.published[stamp] = time.monotonic()
        publisher.publish(image)  # type: ignore[attr-defined]

    def final_status(self) -> dict[str, str]:
        """The node's diagnostics once it is done with all that it received."""
        ended = time.monotonic()

        def is_done() -> bool:
            if self._status_at < ended + 1:
                return False
            done = sum(int(self.status[f"frames {what}"]) for what in ("processed", "dropped", "with error"))
            return done == int(self.status["frames received"])

        self.wait_for(is_done, "an account of all frames")
        return self.status
