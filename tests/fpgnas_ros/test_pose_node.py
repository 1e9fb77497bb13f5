"""The running node, over DDS: this process is the robot, the node has one of its own."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import Image

from fpgnas_core.bundle import load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_ros.image_conversion import bgr_to_image
from fpgnas_ros.pose_messages import from_pose
from tests.fpgnas_ros.node_process import FRAME, NodeProcess, Robot, camera_info
from tests.fpgnas_ros.painted_scene import CAMERA, T_CAMERA_OBJECT, paint, write_painted_bundle


@pytest.fixture(scope="module")
def running(ros: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NodeProcess, Robot]]:
    folder = tmp_path_factory.mktemp("pose_node")
    write_painted_bundle(folder / "bundle")
    node = NodeProcess(folder / "log", {"model": folder / "bundle", "tf_prefix": "left_"}, ("__ns:=/left_camera",))
    robot = Robot("/left_camera")
    yield node, robot
    robot.close()
    assert node.stop() == 0, node.log()


@pytest.fixture
def robot(running: tuple[NodeProcess, Robot]) -> Robot:
    robot = running[1]
    robot.wait_until_listening()
    robot.send_info()
    time.sleep(0.1)  # camera_info and image are two topics, their order on arrival is not fixed
    return robot


def test_every_output_has_the_images_stamp_and_frame(robot: Robot) -> None:
    robot.send_image(100)
    outputs = [
        robot.of_stamp(topic, 100)
        for topic in ("object_pose", "object_pose_with_covariance", "detections", "debug_image")
    ]
    transform = robot.wait_for(lambda: robot.heard["/tf"], "transform")[-1].transforms[0]
    for message in [*outputs, transform]:
        assert message.header.frame_id == FRAME
        assert (message.header.stamp.sec, message.header.stamp.nanosec) == (100, 0)


def test_pose_is_where_the_object_was_painted(robot: Robot) -> None:
    robot.send_image(110)
    found = from_pose(robot.of_stamp("object_pose", 110).pose)
    np.testing.assert_allclose(found[:3, 3], T_CAMERA_OBJECT[:3, 3], atol=1e-3)
    np.testing.assert_allclose(found[:3, :3], T_CAMERA_OBJECT[:3, :3], atol=5e-3)


def test_poses_through_the_node_equal_the_estimators(robot: Robot, running: tuple[NodeProcess, Robot]) -> None:
    robot.send_image(115)
    found = from_pose(robot.of_stamp("object_pose", 115).pose)
    direct = PoseEstimator(load_bundle(running[0].model)).estimate(paint(), CAMERA)[0].T_camera_object
    np.testing.assert_allclose(found, direct, atol=1e-6)


def test_outputs_agree_with_one_another(robot: Robot) -> None:
    robot.send_image(120)
    pose = robot.of_stamp("object_pose", 120).pose
    with_covariance = robot.of_stamp("object_pose_with_covariance", 120).pose
    detection = robot.of_stamp("detections", 120).detections[0]
    transform = robot.wait_for(
        lambda: [t for m in robot.heard["/tf"] for t in m.transforms if t.header.stamp.sec == 120],
        "transform",
    )[0]
    assert with_covariance.pose == pose
    assert detection.results[0].pose == with_covariance
    assert (detection.id, detection.results[0].hypothesis.class_id) == ("part_0", "part")
    assert (detection.bbox.size.x, detection.bbox.size.y, detection.bbox.size.z) == (0.10, 0.08, 0.06)
    assert transform.child_frame_id == "left_part_0"
    assert transform.transform.translation.z == pose.position.z
    assert (np.linalg.eigvalsh(with_covariance.covariance.reshape(6, 6)) > 0).all()


def test_nothing_in_sight_gives_an_empty_array_and_no_pose(robot: Robot) -> None:
    robot.send_image(130, bgr_to_image(paint(visible=False), Image().header))
    assert not robot.of_stamp("detections", 130).detections
    assert not [m for m in robot.heard["object_pose"] if m.header.stamp.sec == 130]


def test_debug_image_shows_the_pose_on_the_frame(robot: Robot) -> None:
    robot.send_image(140)
    picture = robot.of_stamp("debug_image", 140)
    drawn = np.frombuffer(picture.data, np.uint8).reshape(480, 640, 3)
    changed = (drawn != paint()).any(axis=2)
    assert 500 < changed.sum() < 0.2 * changed.size


def test_unknown_encoding_is_named_and_the_next_image_works(robot: Robot) -> None:
    bad = bgr_to_image(paint(), Image().header)
    bad.encoding = "16SC7"
    robot.send_image(150, bad)
    robot.diagnostics_where(lambda v: "16SC7" in v["message"])
    robot.send_image(151)
    robot.of_stamp("object_pose", 151)


def test_camera_info_of_another_size_gives_no_pose_and_says_why(robot: Robot) -> None:
    robot.send_info(width=1280, height=960)
    time.sleep(0.1)
    robot.send_image(160)
    values = robot.diagnostics_where(lambda v: "1280x960" in v["message"])
    assert "640x480" in values["message"]
    assert not [m for m in robot.heard["detections"] if m.header.stamp.sec == 160]


def test_camera_info_of_another_frame_gives_no_pose(robot: Robot) -> None:
    info = camera_info()
    info.header.frame_id = "other_camera"
    robot.send_info(header=info.header)
    time.sleep(0.1)
    robot.send_image(170)
    robot.diagnostics_where(lambda v: "other_camera" in v["message"])


def test_threshold_changes_live(robot: Robot) -> None:
    assert robot.set_parameter("confidence_threshold", 0.99).successful
    robot.send_image(180)
    assert not robot.of_stamp("detections", 180).detections
    assert robot.set_parameter("confidence_threshold", 0.5).successful
    robot.send_image(181)
    assert robot.of_stamp("detections", 181).detections


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("confidence_threshold", 1.5, "range"),
        ("model", "other", "unconfigured"),
        ("object", "cup", "part"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(robot: Robot, name: str, value: object, reason: str) -> None:
    result = robot.set_parameter(name, value)
    assert not result.successful
    assert reason in result.reason


def test_overload_drops_frames_and_counts_each(robot: Robot) -> None:
    image = bgr_to_image(paint(), Image().header)
    for number in range(150):
        robot.send_image(200 + number, image)
        time.sleep(0.002)
    robot.of_stamp("detections", 349)  # the newest is never the one that is dropped
    robot.heard["/diagnostics"].clear()

    def is_balanced(values: dict[str, str]) -> bool:
        kinds = ("received", "processed", "dropped", "with error")
        received, processed, dropped, failed = (int(values[f"frames {kind}"]) for kind in kinds)
        return dropped > 0 and received == processed + dropped + failed

    robot.diagnostics_where(is_balanced)


def test_deactivated_node_is_silent_and_works_again_when_activated(robot: Robot) -> None:
    assert robot.transition(Transition.TRANSITION_DEACTIVATE)
    robot.send_image(400)
    time.sleep(0.3)
    assert not [m for m in robot.heard["detections"] if m.header.stamp.sec == 400]
    assert robot.transition(Transition.TRANSITION_ACTIVATE)
    robot.wait_until_listening()
    robot.send_info()
    robot.send_image(401)
    robot.of_stamp("object_pose", 401)


def test_cleaned_up_node_can_be_configured_again(robot: Robot) -> None:
    steps = (
        Transition.TRANSITION_DEACTIVATE,
        Transition.TRANSITION_CLEANUP,
        Transition.TRANSITION_CONFIGURE,
        Transition.TRANSITION_ACTIVATE,
    )
    assert all(robot.transition(step) for step in steps)
    robot.wait_until_listening()
    robot.send_info()
    robot.send_image(410)
    robot.of_stamp("object_pose", 410)


def test_diagnostics_tell_rates_latencies_and_what_runs(robot: Robot) -> None:
    for number in range(10):
        robot.send_image(500 + number)
        time.sleep(0.1)
    values = robot.diagnostics_where(lambda v: float(v["output rate [Hz]"]) > 0 and "network p99 [ms]" in v)
    assert values["state"] == "active"
    assert values["execution provider"].endswith("ExecutionProvider")
    assert 0 < float(values["network p50 [ms]"]) <= float(values["received to published p99 [ms]"])


def test_log_says_what_is_loaded_and_what_was(running: tuple[NodeProcess, Robot]) -> None:
    node, robot = running
    robot.wait_for(lambda: "ready in" in node.log(), "end of loading in the log")
    before, _, after = node.log().partition(f"loading model {node.model}")
    assert "ready in" not in before
    assert "bundle: part; 2 MFLOPs a crop on CPUExecutionProvider; ready in" in after
