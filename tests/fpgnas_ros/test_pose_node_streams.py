"""Streams of images: QoS, stamps, loops, peers that die, two nodes of one name, a bundle that changes."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from fpgnas_core.bundle import load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_ros.pose_messages import from_pose
from tests.fpgnas_ros.conversation import is_equal, is_painted, picture, pose_that, send
from tests.fpgnas_ros.node_process import NodeProcess, Robot
from tests.fpgnas_ros.painted_scene import CAMERA, paint, write_painted_bundle

LISTENER = """
import rclpy
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import Image
rclpy.init()
node = rclpy.create_node("doomed", namespace="{namespace}")
node.create_subscription(Image, "debug_image", lambda message: print("image", flush=True), 1)
node.create_subscription(PoseStamped, "object_pose", lambda message: print("pose", flush=True), 10)
rclpy.spin(node)
"""
RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
VOLATILE, LATCHED = DurabilityPolicy.VOLATILE, DurabilityPolicy.TRANSIENT_LOCAL


@pytest.fixture
def robot(running: tuple[NodeProcess, Robot]) -> Robot:
    pose_that(running[1], is_painted)
    return running[1]


@pytest.mark.parametrize(
    ("reliability", "durability"), [(BEST_EFFORT, VOLATILE), (RELIABLE, VOLATILE), (RELIABLE, LATCHED)]
)
def test_publishers_of_every_qos_are_heard(
    robot: Robot, reliability: ReliabilityPolicy, durability: DurabilityPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    qos = QoSProfile(depth=5, reliability=reliability, durability=durability)
    for attribute, kind, topic in (("_images", Image, "image"), ("_infos", CameraInfo, "camera_info")):
        monkeypatch.setattr(robot, attribute, robot.node.create_publisher(kind, topic, qos))
    robot.wait_for(robot._images.get_subscription_count, "subscription by the node")
    pose_that(robot, is_painted)  # publishers stay: destroyed here, they would end the thread that spins


def test_a_zero_stamp_is_passed_on_as_it_is(robot: Robot) -> None:
    robot.heard["object_pose"].clear()
    robot.send_image(0)
    pose = robot.of_stamp("object_pose", 0)
    assert (pose.header.stamp.sec, pose.header.stamp.nanosec) == (0, 0)
    assert is_painted(from_pose(pose.pose))


def test_a_looped_bag_gives_the_same_poses_in_each_loop(robot: Robot, bundle: Path) -> None:
    assert robot.set_parameter("first_pass_period", 1000).successful
    moved = np.roll(paint(), (6, 10), axis=(0, 1))  # from where the first frame would be followed
    fresh = [PoseEstimator(load_bundle(bundle), threads=1).estimate(image, CAMERA)[0] for image in (paint(), moved)]
    try:
        for _ in range(2):
            for number, image in enumerate((paint(), moved)):
                robot.heard["object_pose"].clear()
                robot.send_image(1000 + 10 * number, picture(image))
                pose = from_pose(robot.of_stamp("object_pose", 1000 + 10 * number).pose)
                assert is_equal(pose, fresh[number].T_camera_object)
    finally:
        assert robot.set_parameter("first_pass_period", 1).successful


def test_the_camera_looks_along_z_with_x_right_and_y_down(robot: Robot) -> None:
    right_and_down = np.roll(paint(), (60, 100), axis=(0, 1))
    pose = pose_that(robot, lambda pose: pose[0, 3] > 0.01, picture(right_and_down))
    np.testing.assert_allclose(pose[:3, 3] / pose[2, 3], [100 / CAMERA.fx, 60 / CAMERA.fy, 1], atol=0.01)


def test_a_subscriber_that_dies_leaves_the_node_working(robot: Robot) -> None:
    script = LISTENER.format(namespace=robot.node.get_namespace())
    command = [sys.executable, "-c", script]
    listener = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert listener.stdout is not None
    robot.wait_for(lambda: robot.node.count_subscribers("object_pose") > 1, "listener")
    pose_that(robot, is_painted)
    listener.send_signal(signal.SIGKILL)
    listener.wait(10)
    for _ in range(20):  # more than the listener's queue and the node's
        pose_that(robot, is_painted)


@pytest.fixture
def other(ros: None, bundle: Path, tmp_path: Path) -> Iterator[Robot]:
    """The robot's side of a second node named pose_node, of another camera."""
    node = NodeProcess(tmp_path / "log", {"model": bundle, "tf_prefix": "other_"}, ("__ns:=/other_camera",))
    robot = Robot("/other_camera")
    robot.wait_until_listening()
    yield robot
    robot.close()
    assert node.stop() == 0, node.log()


def test_two_nodes_of_one_name_answer_each_its_own_camera(robot: Robot, other: Robot) -> None:
    pose_that(other, is_painted)
    nothing = picture(paint(visible=False))
    stamp_of_one, stamp_of_other = send(robot, picture()), send(other, nothing)
    assert robot.of_stamp("detections", stamp_of_one).detections
    assert not other.of_stamp("detections", stamp_of_other).detections
    assert stamp_of_other not in {m.header.stamp.sec for m in robot.heard["detections"]}
    frames = {t.child_frame_id for m in list(robot.heard["/tf"]) for t in m.transforms}
    assert {"part_0", "other_part_0"} <= frames  # one parent each


def test_a_bundle_swapped_on_disc_is_loaded_when_the_node_is_configured_again(robot: Robot, bundle: Path) -> None:
    pose_that(robot, is_painted)
    content = {path.name: path.read_bytes() for path in bundle.iterdir()}
    shutil.rmtree(bundle)
    try:
        write_painted_bundle(bundle, name="exchanged")
        stamp = send(robot, picture())
        assert robot.of_stamp("detections", stamp).detections[0].results[0].hypothesis.class_id == "part"
        reload(robot)
        stamp = send(robot, picture())
        assert robot.of_stamp("detections", stamp).detections[0].results[0].hypothesis.class_id == "exchanged"
    finally:
        for name, data in content.items():
            (bundle / name).write_bytes(data)
        reload(robot)


def reload(robot: Robot) -> None:
    """Cleans the node up, configures and activates it, and waits until it answers."""
    steps = ("DEACTIVATE", "CLEANUP", "CONFIGURE", "ACTIVATE")
    assert all(robot.transition(getattr(Transition, f"TRANSITION_{step}")) for step in steps)
    robot.wait_until_listening()
    pose_that(robot, is_painted)
