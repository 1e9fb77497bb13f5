"""The scripts of docs/examples, from a second terminal, beside the running node."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import CompressedImage

from fpgnas_core.se3 import make_transform
from fpgnas_ros.pose_messages import from_pose
from tests.fpgnas_ros.conversation import picture
from tests.fpgnas_ros.node_process import FRAME, NodeProcess, Robot, camera_info
from tests.fpgnas_ros.painted_bag import write_painted_bag
from tests.fpgnas_ros.painted_scene import T_CAMERA_OBJECT
from tests.patience import PATIENCE_S

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
T_BASE_CAMERA = make_transform(np.diag([1.0, -1.0, -1.0]), [0.6, 0.1, 0.9])  # looks down


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def robot(running: tuple[NodeProcess, Robot]) -> Robot:
    return running[1]


@pytest.fixture
def start(robot: Robot) -> Iterator[Start]:
    """Starts an example in the node's namespace; ends it by Ctrl-C."""
    processes: list[subprocess.Popen[str]] = []

    def run(name: str, *arguments: str) -> subprocess.Popen[str]:
        rule = ("--ros-args", "-r", f"__ns:={robot.node.get_namespace()}")
        command = [sys.executable, str(EXAMPLES / name), *arguments, *rule]
        environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])}
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        return processes[-1]

    yield run
    for process in processes:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0, f"{process.args}"


def send_now(robot: Robot) -> None:
    """camera_info and an image of this moment."""
    robot._infos.publish(camera_info())
    image = picture()
    image.header.stamp = robot.node.get_clock().now().to_msg()
    robot._images.publish(image)
    time.sleep(0.1)


def test_where_is_it_prints_the_pose_and_its_uncertainty(robot: Robot, start: Start) -> None:
    process = start("where_is_it.py", "--count", "2")
    assert process.stdout is not None
    robot.wait_for(lambda: send_now(robot) or process.poll() is not None, "two lines")
    lines = process.stdout.read().splitlines()
    assert len(lines) == 2
    found = re.fullmatch(rf"x \S+ y \S+ z (\S+) m in {FRAME}, sigma (\S+) (\S+) (\S+) mm, (\d+) ms old", lines[0])
    assert found, lines[0]
    assert float(found[1]) == pytest.approx(T_CAMERA_OBJECT[2, 3], abs=2e-3)
    assert float(found[4]) > 0


def test_play_recording_feeds_the_node(robot: Robot, start: Start, tmp_path: Path) -> None:
    heard: list[CompressedImage] = []
    robot.node.create_subscription(CompressedImage, "/camera/image/compressed", heard.append, 10)
    process = start("play_recording.py", str(write_painted_bag(tmp_path / "bag", [True] * 3)), "--rate", "2")
    robot.wait_for(lambda: len(heard) > 3, "second loop")
    assert process.poll() is None


def test_approach_pose_is_above_the_object_in_the_robots_frame(robot: Robot, start: Start) -> None:
    goals: list[PoseStamped] = []
    robot.node.create_subscription(PoseStamped, "approach_pose", goals.append, 10)
    place = ("--xyz", "0.6", "0.1", "0.9", "--rpy", str(np.pi), "0", "0")
    start("static_camera.py", "--child", FRAME, *place)
    start("approach_pose.py", "--above", "0.12", "--most-age", "20")
    robot.wait_for(lambda: send_now(robot) or goals, "approach pose")
    goal = from_pose(goals[0].pose)
    expected = (T_BASE_CAMERA @ T_CAMERA_OBJECT)[:3, 3] + [0, 0, 0.12]
    assert goals[0].header.frame_id == "base_link"
    np.testing.assert_allclose(goal[:3, 3], expected, atol=2e-3)
    np.testing.assert_allclose(goal[:3, 2], [0, 0, -1], atol=1e-6)  # looks down
    np.testing.assert_allclose(goal[:3, 0], [1, 0, 0], atol=5e-3)  # along the object's x
