"""Numbers, reset, smoothing and model information of the running node, over DDS."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from fpgnas_ros.image_conversion import bgr_to_image
from tests.fpgnas_ros.node_process import NodeProcess, Robot
from tests.fpgnas_ros.painted_pair import paint_sides, side_of

NAMESPACE = "/tracks"
Show = Callable[..., dict[str, int]]


@pytest.fixture(scope="module")
def robot(ros: None, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    parameters: dict[str, object] = {"model": bundle, "threads": 1, "max_occlusion": 3.0, "first_pass_period": 1}
    node = NodeProcess(tmp_path_factory.mktemp("tracks") / "log", parameters, (f"__ns:={NAMESPACE}",))
    robot = Robot(NAMESPACE)
    robot.wait_until_listening()
    # until it is used: camera_info and image are two topics, their order on arrival is not fixed
    robot.send_info()
    robot.send_image(1)
    robot.of_stamp("detections", 1)
    yield robot
    robot.close()
    assert node.stop() == 0, node.log()


@pytest.fixture
def show(robot: Robot) -> Show:
    """Sends an image with an object on each of the sides; the numbers that the node gave them."""

    def send(stamp_s: int, *sides: str) -> dict[str, int]:
        robot.send_image(stamp_s, bgr_to_image(paint_sides(*sides), Image().header))
        found = robot.of_stamp("detections", stamp_s).detections
        return {side_of(d.bbox.center.position.x): int(d.id.removeprefix("part_")) for d in found}

    return send


def call(robot: Robot, service: str) -> Any:
    client = robot.node.create_client(Trigger, service)
    assert client.wait_for_service(20.0)
    future = client.call_async(Trigger.Request())
    robot.wait_for(future.done, service)
    return future.result()


def test_numbers_stay_through_an_occlusion_and_end_with_it(show: Show) -> None:
    both = show(1000, "left", "right")
    first, second = sorted(both, key=lambda side: both[side])
    assert (both[first], both[second]) == (0, 1)
    assert show(1001, second) == {second: 1}
    assert show(1003, first, second) == both
    assert show(1005, second) == {second: 1}
    assert show(1007, second) == {second: 1}  # number 0 is free now
    assert show(1015, second) == {second: 0}


def test_reset_gives_numbers_anew(robot: Robot, show: Show) -> None:
    both = show(1100, "left", "right")
    second = max(both, key=lambda side: both[side])
    assert show(1101, second) == {second: 1}
    answer = call(robot, "pose_node/reset_tracks")
    assert (answer.success, answer.message) == (True, "all tracks start anew")
    assert show(1102, second) == {second: 0}


def test_a_bag_that_starts_again_gives_numbers_anew(robot: Robot, show: Show) -> None:
    both = show(1200, "left", "right")
    second = max(both, key=lambda side: both[side])
    assert show(900, second) == {second: 0}
    robot.diagnostics_where(lambda v: int(v["time jumps back"]) > 0)


def test_smoothing_is_switched_while_the_node_runs(robot: Robot, show: Show) -> None:
    for name in ("smoothing_acceleration", "smoothing_turn_acceleration"):
        assert robot.set_parameter(name, 0.0).successful
    variances = []
    for smoothing in (False, True):
        assert robot.set_parameter("smoothing", smoothing).successful
        stamps = [1300 + 10 * smoothing + frame for frame in range(5)]
        for stamp_s in stamps:
            show(stamp_s, "left")
        variances.append(robot.of_stamp("object_pose_with_covariance", stamps[-1]).pose.covariance[14])
    # The end of a line through 5 evenly spaced values has 2 (2 * 5 - 1) / (5 * 6) of the variance of one.
    assert variances[1] / variances[0] == pytest.approx(0.6, rel=0.02)
    assert robot.set_parameter("smoothing", False).successful


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("tf_prefix", "/left", "tf_prefix: expected letters"),
        ("confidence_threshold", float("nan"), "range"),
        ("autostart", False, "read-only"),
        ("rectified", True, "unconfigured"),
        ("object", "cup", "expected one of part"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(robot: Robot, name: str, value: object, reason: str) -> None:
    result = robot.set_parameter(name, value)
    assert not result.successful
    assert reason in result.reason


def test_model_information_reaches_those_who_come_late(robot: Robot) -> None:
    heard: list[String] = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    robot.node.create_subscription(String, "model_info", heard.append, latched)
    content = json.loads(robot.wait_for(lambda: heard, "model information")[0].data)
    assert [model["name"] for model in content["objects"]] == ["part"]
    assert content["execution_provider"] == "CPUExecutionProvider"


def test_diagnostics_name_transport_and_tracks(robot: Robot, show: Show) -> None:
    show(1400, "left", "right")
    values = robot.diagnostics_where(lambda v: v.get("tracks") == "2" and "image age p99 [ms]" in v)
    assert values["transport"].startswith("raw images over rmw_")
    assert float(values["tracking p50 [ms]"]) > 0
