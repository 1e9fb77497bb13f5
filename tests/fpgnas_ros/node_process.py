"""A pose node in a process of its own, and a robot's side that talks to it."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from fpgnas_ros.image_conversion import bgr_to_image
from tests.fpgnas_ros.painted_scene import CAMERA, paint
from tests.patience import PATIENCE_S

FRAME = "camera_optical_frame"
ASKED_AGAIN_S = 2.0
SETTLE_S = 0.5  # each side of DDS discovers the other by itself


class NodeProcess:
    """`pose_node` started with parameters, and remapping rules such as `__ns:=/left`."""

    def __init__(self, log: Path, parameters: dict[str, object], remappings: tuple[str, ...] = ()) -> None:
        arguments = [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]
        arguments += [part for rule in remappings for part in ("-r", rule)]
        command = [sys.executable, "-m", "fpgnas_ros.pose_node", "--ros-args", *arguments]
        self._log = log
        self.model = str(parameters.get("model", ""))
        with log.open("w") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)

    def log(self) -> str:
        """What it printed so far."""
        return self._log.read_text()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Sends a signal and returns the exit code; raises where it does not end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()


class Robot:
    """Publishes camera topics and keeps all that the node says; spins in a thread until `close`.

    Until then nothing of it is destroyed: rclpy's executor raises InvalidHandle where that happens while it spins.
    """

    def __init__(self, namespace: str) -> None:
        self.node = rclpy.create_node("robot", namespace=namespace)
        self.heard: dict[str, list[Any]] = {}
        self._images = self.node.create_publisher(Image, "image", 10)
        self._compressed = self.node.create_publisher(CompressedImage, "image/compressed", 10)
        self._infos = self.node.create_publisher(CameraInfo, "camera_info", 10)
        for kind, topic in (
            (PoseStamped, "object_pose"),
            (PoseWithCovarianceStamped, "object_pose_with_covariance"),
            (Detection3DArray, "detections"),
            (Image, "debug_image"),
            (TFMessage, "/tf"),
            (DiagnosticArray, "/diagnostics"),
        ):
            self.heard[topic] = []
            self.node.create_subscription(kind, topic, self.heard[topic].append, 100)
        self._change_state = self.node.create_client(ChangeState, "pose_node/change_state")
        self._get_state = self.node.create_client(GetState, "pose_node/get_state")
        self._set_parameters = self.node.create_client(SetParameters, "pose_node/set_parameters")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()

    def close(self) -> None:
        """Ends the thread and the node."""
        self._executor.shutdown()
        self._thread.join()
        self.node.destroy_node()

    def wait_for(self, condition: Callable[[], Any], what: str) -> Any:
        """The condition's value once it holds; fails after PATIENCE_S."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := condition()):
            assert time.monotonic() < deadline, f"no {what} after {PATIENCE_S:.0f} s"
            time.sleep(0.01)
        return value

    def wait_until_listening(self) -> None:
        """Until the node subscribes to images and camera_info and its outputs are connected."""

        def is_connected() -> bool:
            images = self._images.get_subscription_count() + self._compressed.get_subscription_count()
            outputs = all(self.node.count_publishers(topic) for topic in ("object_pose", "detections", "/tf"))
            return bool(images and self._infos.get_subscription_count() and outputs)

        if not is_connected():
            self.wait_for(is_connected, "subscription by the node")
            time.sleep(SETTLE_S)

    def send_info(self, **changes: object) -> None:
        """camera_info of the painted scene, with changes."""
        self._infos.publish(camera_info(**changes))

    def send_image(self, stamp_s: int, image: Image | CompressedImage | None = None) -> None:
        """An image (default: the painted object) with a stamp of its own and the camera's frame."""
        message = image if image is not None else bgr_to_image(paint(), Image().header)
        message.header.frame_id, message.header.stamp.sec = FRAME, stamp_s
        publisher = self._compressed if isinstance(message, CompressedImage) else self._images
        publisher.publish(message)

    def of_stamp(self, topic: str, stamp_s: int) -> Any:
        """What the node published on a topic for the image of that stamp."""

        def find() -> Any:
            return next((m for m in list(self.heard[topic]) if m.header.stamp.sec == stamp_s), None)

        return self.wait_for(find, f"message on {topic} of stamp {stamp_s}")

    def diagnostics_where(self, condition: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """The first diagnostics, as key and value with `message` and `level`, that meet a condition."""

        def find() -> dict[str, str] | None:
            statuses = [s for m in list(self.heard["/diagnostics"]) for s in m.status]
            own = [s for s in statuses if s.name.startswith(self.node.get_namespace().rstrip("/") + "/pose_node:")]
            found = [{"message": s.message, **{pair.key: pair.value for pair in s.values}} for s in own]
            return next((values for values in found if condition(values)), None)

        return self.wait_for(find, "such diagnostics")

    def transition(self, number: int) -> bool:
        """Asks for a lifecycle transition (lifecycle_msgs/Transition); whether it succeeded."""
        request = ChangeState.Request()
        request.transition.id = number
        return bool(self._call(self._change_state, request).success)

    def state(self) -> str:
        """The node's lifecycle state."""
        assert self._get_state.wait_for_service(PATIENCE_S)
        asked: list[tuple[float, Any]] = []

        def ask_again() -> Any:
            """An answer from before both have found each other entirely is lost, and nobody is told."""
            if not asked or time.monotonic() - asked[-1][0] > ASKED_AGAIN_S:
                asked.append((time.monotonic(), self._get_state.call_async(GetState.Request())))
            return next((future.result() for _, future in asked if future.done()), None)

        return str(self.wait_for(ask_again, f"answer from {self._get_state.srv_name}").current_state.label)

    def set_parameter(self, name: str, value: object) -> SetParametersResult:
        """Sets one parameter of the node."""
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        return self._call(self._set_parameters, request).results[0]

    def _call(self, client: Any, request: Any) -> Any:
        assert client.wait_for_service(PATIENCE_S)
        future = client.call_async(request)
        self.wait_for(future.done, f"answer from {client.srv_name}")
        return future.result()


def camera_info(**changes: object) -> CameraInfo:
    """camera_info of the painted scene."""
    info = CameraInfo(width=CAMERA.width, height=CAMERA.height, distortion_model="plumb_bob", d=[0.0] * 5)
    info.header.frame_id = FRAME
    info.k = [CAMERA.fx, 0.0, CAMERA.cx, 0.0, CAMERA.fy, CAMERA.cy, 0.0, 0.0, 1.0]
    for name, value in changes.items():
        setattr(info, name, value)
    return info
