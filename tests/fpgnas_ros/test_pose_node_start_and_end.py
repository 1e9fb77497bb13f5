"""How the node starts, fails and ends; each test has a node process of its own."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import CompressedImage

from tests.fpgnas_ros.node_process import NodeProcess, Robot
from tests.fpgnas_ros.painted_scene import paint, write_painted_bundle
from tests.patience import PATIENCE_S

Start = Callable[..., tuple[NodeProcess, Robot]]


@pytest.fixture
def start(ros: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts a node with parameters, in a namespace of this test."""
    namespace = "/" + re.sub(r"\W+", "_", request.node.name).strip("_")
    robot, nodes = Robot(namespace), []

    def run(**parameters: object) -> tuple[NodeProcess, Robot]:
        nodes.append(NodeProcess(tmp_path / "log", parameters, (f"__ns:={namespace}",)))
        return nodes[-1], robot

    yield run
    robot.close()
    for node in nodes:
        node.stop()


def test_missing_bundle_fails_configure_and_the_node_lives_on(start: Start, tmp_path: Path) -> None:
    node, robot = start(model=tmp_path / "none")
    values = robot.diagnostics_where(lambda v: v["state"] == "unconfigured")
    assert "none: expected a bundle folder" in values["message"]
    assert node.log().count("configure failed") == 1
    assert robot.state() == "unconfigured"

    write_painted_bundle(tmp_path / "bundle")
    assert robot.set_parameter("model", str(tmp_path / "bundle")).successful
    assert robot.transition(Transition.TRANSITION_CONFIGURE)
    assert robot.state() == "inactive"


def test_the_log_names_the_model_before_it_is_loaded(start: Start, tmp_path: Path) -> None:
    """Nothing of a missing bundle can be loaded, so what is said of it was said before."""
    node, robot = start(model=tmp_path / "none")
    robot.wait_for(lambda: "configure failed" in node.log(), "failure")
    before, _, _ = node.log().partition("configure failed")
    assert f"loading model {tmp_path / 'none'}" in before


def test_damaged_bundle_fails_configure_and_the_node_lives_on(start: Start, tmp_path: Path) -> None:
    bundle = write_painted_bundle(tmp_path / "bundle")
    content = bytearray(bundle.model_path.read_bytes())
    content[100] ^= 1
    bundle.model_path.write_bytes(content)
    _, robot = start(model=tmp_path / "bundle")
    values = robot.diagnostics_where(lambda v: v["state"] == "unconfigured")
    assert "SHA-256" in values["message"]
    assert robot.state() == "unconfigured"
    assert not robot.transition(Transition.TRANSITION_CONFIGURE)


def test_an_object_that_the_bundle_lacks_fails_configure_and_can_be_put_right(start: Start, tmp_path: Path) -> None:
    write_painted_bundle(tmp_path / "bundle")
    _, robot = start(model=tmp_path / "bundle", object="cup")
    values = robot.diagnostics_where(lambda v: v["state"] == "unconfigured" and v["message"].startswith("object"))
    assert "expected one of part" in values["message"]
    assert robot.set_parameter("object", "part").successful
    assert robot.transition(Transition.TRANSITION_CONFIGURE)


def test_diagnostics_name_the_input_that_is_missing(start: Start, tmp_path: Path) -> None:
    write_painted_bundle(tmp_path / "bundle")
    _, robot = start(model=tmp_path / "bundle")
    robot.diagnostics_where(lambda v: "nothing came" in v["message"] and "no camera_info" in v["message"])
    robot.wait_until_listening()
    robot.send_info()
    robot.diagnostics_where(lambda v: v["message"].startswith("no images: nothing came on /test_diagnostics"))


def test_without_autostart_the_node_waits_for_its_manager(start: Start, tmp_path: Path) -> None:
    write_painted_bundle(tmp_path / "bundle")
    _, robot = start(model=tmp_path / "bundle", autostart=False)
    assert robot.state() == "unconfigured"
    assert robot.transition(Transition.TRANSITION_CONFIGURE)
    assert robot.transition(Transition.TRANSITION_ACTIVATE)
    assert robot.state() == "active"


def test_image_waits_for_a_late_camera_info(start: Start, tmp_path: Path) -> None:
    write_painted_bundle(tmp_path / "bundle")
    node, robot = start(model=tmp_path / "bundle")
    robot.wait_until_listening()
    robot.send_image(7)
    robot.wait_for(lambda: "no pose without camera_info" in node.log(), "warning")
    assert not robot.heard["detections"]
    robot.send_info()
    robot.of_stamp("object_pose", 7)


def test_compressed_images(start: Start, tmp_path: Path) -> None:
    write_painted_bundle(tmp_path / "bundle")
    _, robot = start(model=tmp_path / "bundle", image_transport="compressed")
    robot.wait_until_listening()
    robot.send_info()
    time.sleep(0.1)
    encoded = cv2.imencode(".png", paint())[1]
    robot.send_image(9, CompressedImage(format="png", data=encoded.tobytes()))
    assert robot.of_stamp("object_pose", 9).pose.position.z == pytest.approx(0.309, abs=1e-3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_working_node_cleanly(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    write_painted_bundle(tmp_path / "bundle")
    began = time.monotonic()
    node, robot = start(model=tmp_path / "bundle")
    robot.wait_until_listening()
    start_s = time.monotonic() - began
    robot.send_info()
    robot.send_image(3)
    began = time.monotonic()
    assert node.stop(number) == 0
    assert time.monotonic() - began < max(5, 2 * start_s)  # a slow machine starts it slowly too
    assert "Traceback" not in node.log()


def test_a_value_that_is_no_choice_ends_the_start_with_one_line(start: Start) -> None:
    node, _ = start(image_transport="jpeg")
    assert node.process.wait(PATIENCE_S) == 2
    assert "error: image_transport: expected one of raw, compressed, got 'jpeg'" in node.log()
    assert "Traceback" not in node.log()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_node_starts_ends_it_cleanly(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    write_painted_bundle(tmp_path / "bundle")
    node, robot = start(model=tmp_path / "bundle")
    robot.wait_for(lambda: robot.node.count_publishers("/diagnostics"), "node")  # it is being made
    assert node.stop(number) == 0
    assert "Traceback" not in node.log()
