"""Recordings are read, and played byte for byte at their rate."""

import time
from pathlib import Path

import pytest
import rclpy
from sensor_msgs.msg import CompressedImage

from fpgnas_core.errors import RecordingError
from fpgnas_core.recording.messages import stamp_of
from fpgnas_ros.bag import read_raw, read_topic
from fpgnas_ros.bag_player import BagPlayer
from tests.fpgnas_ros.painted_bag import PERIOD_NS, write_painted_bag
from tests.fpgnas_ros.painted_scene import T_CAMERA_OBJECT
from tests.patience import PATIENCE_S

IMAGES = "/camera/image/compressed"


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_painted_bag(tmp_path_factory.mktemp("bag") / "bag", [True, False, True, True])


def test_raw_messages_come_in_recorded_order(bag: Path) -> None:
    messages = read_raw(bag)
    assert len(messages) == 3 * 4
    times = [message.recorded_ns for message in messages]
    assert times == sorted(times)
    assert {message.type_name for message in messages if message.topic == IMAGES} == {"sensor_msgs/msg/CompressedImage"}


def test_topics_are_deserialised_with_their_stamps(bag: Path) -> None:
    poses = list(read_topic(bag, "/ground_truth/pose"))
    assert [stamp_of(pose) for pose in poses] == [1_000_000_000 + n * PERIOD_NS for n in range(4)]
    assert poses[0].pose.position.z == T_CAMERA_OBJECT[2, 3]


def test_a_missing_topic_names_those_that_are_there(bag: Path) -> None:
    with pytest.raises(RecordingError, match="/camera/camera_info, /camera/image/compressed"):
        next(read_topic(bag, "/other"))


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "note.mcap"
    file.write_text("no recording")
    with pytest.raises(RecordingError, match=r"note\.mcap: expected a rosbag2 recording"):
        read_raw(file)


def test_player_sends_the_recorded_messages_at_their_rate(ros: None, bag: Path) -> None:
    node = rclpy.create_node("player_test")
    received: list[CompressedImage] = []
    node.create_subscription(CompressedImage, IMAGES, received.append, 10)
    player = BagPlayer(node, bag)
    while not player.has_listener(IMAGES):
        time.sleep(0.01)
    sent: list[float] = []
    player.play(lambda topic: sent.append(time.monotonic()) if topic == IMAGES else None, rate=0.5)
    deadline = time.monotonic() + PATIENCE_S
    while len(received) < 4 and time.monotonic() < deadline:
        rclpy.spin_once(node, timeout_sec=0.1)
    node.destroy_node()
    assert sent[-1] - sent[0] == pytest.approx(3 * 2 * 1e-9 * PERIOD_NS, abs=0.05)
    expected = list(read_topic(bag, IMAGES))
    assert [bytes(m.data) for m in received] == [bytes(m.data) for m in expected]
    assert [stamp_of(m) for m in received] == [stamp_of(m) for m in expected]
