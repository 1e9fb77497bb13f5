"""One frame after another through the pipeline, with the network of the painted scene: what time does to tracks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image

from fpgnas_core.bundle import load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_ros.frame_pipeline import Frame, FramePipeline
from fpgnas_ros.image_conversion import bgr_to_image
from fpgnas_ros.model_info import model_info
from fpgnas_ros.outputs import Outputs
from fpgnas_ros.parameters import declare_parameters, read_settings
from fpgnas_ros.statistics import Statistics
from tests.fpgnas_ros.node_process import FRAME, camera_info
from tests.fpgnas_ros.painted_pair import paint_sides, side_of

BETWEEN_FRAMES_S = 0.4
NOW_S = 1000.0


class Camera:
    """A pipeline, and the camera that feeds it."""

    def __init__(self, node: Node, bundle: Path) -> None:
        declare_parameters(node)
        self.settings = read_settings(node)
        self.statistics, loaded = Statistics(), load_bundle(bundle)
        estimator = PoseEstimator(loaded, threads=1)
        outputs = Outputs(node, loaded.objects, model_info(loaded, estimator.execution_provider))
        self.pipeline = FramePipeline(
            loaded, estimator, outputs, self.statistics, node.get_logger(), lambda: self.settings, lambda: NOW_S
        )
        self.pipeline.camera_info = camera_info()
        self._received_at = 50.0

    def show(self, *sides: str, stamp_s: float) -> None:
        """Sends a picture with an object on each of `sides`; it is received BETWEEN_FRAMES_S after the last."""
        message = bgr_to_image(paint_sides(*sides), Image().header)
        message.header.frame_id = FRAME
        message.header.stamp.sec, message.header.stamp.nanosec = int(stamp_s), round(stamp_s % 1 * 1e9)
        self._last = Frame(message, self._received_at)
        self.pipeline.process(self._last)
        self._received_at += BETWEEN_FRAMES_S
        assert self.statistics.snapshot().last_error == ""

    def tracks(self) -> list[PoseEstimate]:
        """The instances that have a number after the last frame."""
        return self.pipeline.tracker.expected(self._last.time_s)

    def numbers(self) -> dict[str, int]:
        """Side and number of each."""
        return {side_of(e.T_camera_object[0, 3]): e.instance for e in self.tracks()}

    def show_pair(self, stamp_s: float) -> str:
        """Sends both; the side of number 1, which would be 0 if it were alone and new."""
        self.show("left", "right", stamp_s=stamp_s)
        numbers = self.numbers()
        assert sorted(numbers.values()) == [0, 1]
        return next(side for side, number in numbers.items() if number == 1)


@pytest.fixture
def camera(ros: None, bundle: Path) -> Iterator[Camera]:
    node = rclpy.create_node("pipeline")
    yield Camera(node, bundle)
    node.destroy_node()


def test_a_number_stays_with_its_instance(camera: Camera) -> None:
    second = camera.show_pair(20.0)
    camera.show(second, stamp_s=20.4)
    assert camera.numbers()[second] == 1
    camera.show(second, stamp_s=20.6)  # the other is forgotten now
    assert camera.numbers() == {second: 1}


def test_occlusion_longer_than_the_setting_frees_the_number(camera: Camera) -> None:
    camera.settings = replace(camera.settings, max_occlusion=0.3)
    second = camera.show_pair(20.0)
    camera.show(second, stamp_s=20.4)
    assert camera.numbers() == {second: 0}


def test_time_that_jumps_back_is_counted_and_starts_anew(camera: Camera) -> None:
    second = camera.show_pair(20.0)
    camera.show(second, stamp_s=3.0)
    assert camera.numbers() == {second: 0}
    assert camera.statistics.snapshot().time_jumps == 1


def test_without_stamps_the_time_of_reception_counts(camera: Camera) -> None:
    second = camera.show_pair(0.0)
    camera.show(second, stamp_s=0.0)
    snapshot = camera.statistics.snapshot()
    assert (snapshot.processed, snapshot.time_jumps, snapshot.is_stamped) == (2, 0, False)
    assert "image age" not in snapshot.latencies_ms
    assert camera.numbers()[second] == 1
    camera.show(stamp_s=0.0)
    camera.show(second, stamp_s=0.0)  # twice BETWEEN_FRAMES_S after it was seen last
    assert camera.numbers() == {second: 0}


def test_reset_starts_anew_with_the_next_frame(camera: Camera) -> None:
    second = camera.show_pair(20.0)
    camera.pipeline.reset_tracks()
    camera.show(second, stamp_s=20.1)
    assert camera.numbers() == {second: 0}


def test_only_the_first_pass_finds_new_instances(camera: Camera) -> None:
    camera.settings = replace(camera.settings, first_pass_period=4)
    numbers = []
    for frame in range(9):
        camera.show(*(("left",) if frame == 0 else ("left", "right")), stamp_s=20.0 + 0.1 * frame)
        numbers.append(camera.numbers())
    assert numbers[:4] == [{"left": 0}] * 4
    assert numbers[4:] == [{"left": 0, "right": 1}] * 5


def test_rectified_images_go_by_p(camera: Camera) -> None:
    depths = {}
    for rectified in (False, True):
        camera.settings = replace(camera.settings, rectified=rectified)
        fx, _, cx, _, fy, cy = camera_info().k[:6]
        projection = [2 * fx, 0.0, cx, 0.0, 0.0, 2 * fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
        camera.pipeline.camera_info = camera_info(p=projection)
        camera.pipeline.reset_tracks()
        camera.show("left", stamp_s=20.0)
        depths[rectified] = camera.tracks()[0].T_camera_object[2, 3]
    assert depths[True] / depths[False] == pytest.approx(2.0, rel=0.15)  # twice the focal length


def test_each_step_is_timed(camera: Camera) -> None:
    camera.show("left", stamp_s=20.0)
    latencies = camera.statistics.snapshot().latencies_ms
    inside = ("image conversion", "preprocessing", "decoding", "pnp", "tracking", "publishing")
    total = sum(latencies[step][0] for step in inside)
    assert 0.5 * latencies["outside the network"][0] < total <= latencies["outside the network"][0]
    assert latencies["image age"][0] == pytest.approx(1000 * (NOW_S - 20.0))
