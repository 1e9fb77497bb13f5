"""What a test asks of the running node: camera_info and image, as a driver sends them, until the answer fits.

Again and again because two topics arrive in no fixed order.
"""

import copy
import itertools
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fpgnas_core.metrics import rotation_error_deg
from fpgnas_ros.image_conversion import bgr_to_image
from fpgnas_ros.pose_messages import from_pose
from tests.fpgnas_ros.node_process import FRAME, Robot, camera_info
from tests.fpgnas_ros.painted_scene import T_CAMERA_OBJECT, paint
from tests.patience import PATIENCE_S

Matrix = NDArray[np.float64]
AGAIN_S = 0.25
EQUAL_M, EQUAL_DEG = 1e-5, 0.01
NEAR_M, NEAR_DEG = 2e-3, 1.0
_stamps = itertools.count(10_000, 10)  # further apart than anything that is followed


def picture(bgr: NDArray[np.uint8] | None = None) -> Image:
    """A message of a picture, by default the painted object, with the camera's frame."""
    message = bgr_to_image(paint() if bgr is None else bgr, Image().header)
    message.header.frame_id = FRAME
    return message


def difference(a: Matrix, b: Matrix) -> tuple[float, float]:
    """Distance in metres and angle in degrees between two poses."""
    return float(np.linalg.norm(a[:3, 3] - b[:3, 3])), float(rotation_error_deg(a[:3, :3], b[:3, :3]))


def is_equal(a: Matrix, b: Matrix) -> bool:
    """Whether two poses are the same but for rounding on the way."""
    metres, degrees = difference(a, b)
    return metres <= EQUAL_M and degrees <= EQUAL_DEG


def is_painted(pose: Matrix) -> bool:
    """Whether the pose is that of the painted object, as well as its 8-bit colours tell."""
    metres, degrees = difference(pose, T_CAMERA_OBJECT)
    return metres < NEAR_M and degrees < NEAR_DEG


def send(robot: Robot, message: Image | CompressedImage, info: CameraInfo | None = None) -> int:
    """Publishes camera_info, then the image with the next stamp, which it returns, seconds."""
    stamp, sent = next(_stamps), copy.copy(message)
    sent.header = copy.deepcopy(message.header)
    sent.header.stamp.sec = stamp
    robot._infos.publish(camera_info() if info is None else info)
    (robot._compressed if isinstance(sent, CompressedImage) else robot._images).publish(sent)
    return stamp


def pose_that(
    robot: Robot,
    fits: Callable[[Matrix], bool],
    message: Image | CompressedImage | None = None,
    info: CameraInfo | None = None,
) -> Matrix:
    """Sends the image until a pose of it fits; fails after PATIENCE_S with the poses that came."""
    message, sent, poses = message or picture(), [], {}
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        sent.append(send(robot, message, info))
        again = time.monotonic() + AGAIN_S
        while time.monotonic() < again:
            poses = {p.header.stamp.sec: from_pose(p.pose) for p in list(robot.heard["object_pose"])}
            fitting = [poses[s] for s in sent if s in poses and fits(poses[s])]
            if fitting:
                return fitting[0]
            time.sleep(0.01)
    wrong = {s: poses[s][:3, 3].tolist() for s in sent if s in poses}
    raise AssertionError(f"no fitting pose; {len(sent)} images sent, poses at {wrong}")


def refusal(
    robot: Robot, words: str, message: Image | CompressedImage | None = None, info: CameraInfo | None = None
) -> str:
    """Sends the image until the node says why it is refused; that it gives no detections is checked too."""
    message, heard_before = message or picture(), len(robot.heard["/diagnostics"])

    def reason() -> str | None:
        send(robot, message, info)
        time.sleep(0.1)
        statuses = [s for m in robot.heard["/diagnostics"][heard_before:] for s in m.status]
        return next((s.message for s in statuses if _is_of(robot, s.name) and words in s.message), None)

    found = str(robot.wait_for(reason, f"refusal with {words!r}"))
    refused = send(robot, message, info)
    time.sleep(0.1)
    assert refused not in {d.header.stamp.sec for d in robot.heard["detections"]}
    return found


def _is_of(robot: Robot, status_name: str) -> bool:
    return status_name.startswith(f"{robot.node.get_namespace()}/pose_node:")
