"""Recordings of every kind are read, and those that were cut off up to there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from fpgnas_core.errors import RecordingError
from fpgnas_core.recording.bag import POSE_TYPE, Bag, open_bag
from fpgnas_core.recording.messages import camera_of_info, stamp_of
from tests.fpgnas_core import recorded
from tests.fpgnas_core.recorded import START_NS, STEP_NS, STORE, frames, write

ALL = 3 * 4


def numbers(bag: Bag) -> list[float]:
    return [round(message.pose.position.x, 6) for _, _, message in bag.contents(("/truth",))]


@pytest.mark.parametrize(
    ("storage", "mode"),
    [
        *((StoragePlugin.MCAP, mode) for mode in CompressionMode),
        # SQLite compresses messages or files, not its storage
        *((StoragePlugin.SQLITE3, mode) for mode in CompressionMode if mode is not CompressionMode.STORAGE),
    ],
)
def test_compressed_recordings_are_read(tmp_path: Path, storage: StoragePlugin, mode: CompressionMode) -> None:
    writer = Writer(tmp_path / "bag", version=9, storage_plugin=storage)
    if mode is not CompressionMode.NONE:
        writer.set_compression(mode, CompressionFormat.ZSTD)
    fill(writer)
    with open_bag(tmp_path / "bag") as bag:
        assert numbers(bag) == [0, 0.1, 0.2, 0.3]
        assert sum(bag.counts.values()) == ALL


def fill(writer: Writer, first: int = 0, messages: list[tuple[str, int, Any]] | None = None) -> None:
    with writer:
        connections: dict[str, Any] = {}
        for topic, time_ns, message in messages or frames(4):
            name = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, name, typestore=STORE)
            writer.write(connections[topic], time_ns + first, STORE.serialize_cdr(message, name))


def test_split_recordings_without_metadata_are_read_as_one(tmp_path: Path) -> None:
    parts = [tmp_path / "parts" / name for name in ("a", "b")]
    (tmp_path / "parts").mkdir()
    for number, part in enumerate(parts):
        fill(Writer(part, version=9, storage_plugin=StoragePlugin.MCAP), number * 10 * STEP_NS)
    split = tmp_path / "split"
    split.mkdir()
    for number, part in enumerate(parts):
        next(part.glob("*.mcap")).rename(split / f"split_{number}.mcap")
    with pytest.raises(RecordingError, match="expected a rosbag2 recording"), open_bag(split):
        pass
    with open_bag(split, as_far_as_it_goes=True) as bag:
        assert numbers(bag) == [0, 0.1, 0.2, 0.3] * 2
        assert "cut off" in bag.damage


def test_ros1_recordings_are_read(tmp_path: Path) -> None:
    store = get_typestore(Stores.ROS1_NOETIC)
    types = store.types
    header = types["std_msgs/msg/Header"](0, types["builtin_interfaces/msg/Time"](5, 7), "camera")
    roi = types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    given = recorded.camera_info(START_NS)
    info = types["sensor_msgs/msg/CameraInfo"](
        header, given.height, given.width, "plumb_bob", given.d, given.k, given.r, given.p, 0, 0, roi
    )
    with Ros1Writer(tmp_path / "old.bag") as writer:
        connection = writer.add_connection("/camera/camera_info", info.__msgtype__, typestore=store)
        writer.write(connection, START_NS, store.serialize_ros1(info, info.__msgtype__))
    with open_bag(tmp_path / "old.bag") as bag:
        ((topic, where, message),) = bag.contents(("/camera/camera_info",))
    assert stamp_of(message) == 5_000_000_007
    assert (topic, camera_of_info(message, where).fx) == ("/camera/camera_info", 50)


def large(topic: str, number: int, message: Any) -> Any:
    """Images of 270 kB, so that an MCAP gets several chunks."""
    if topic != "/camera/image/compressed":
        return message
    return recorded.raw_image(START_NS + number * STEP_NS, "bgr8", np.zeros((300, 300, 3), np.uint8))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_mcap_that_was_cut_off_is_read_up_to_there(tmp_path: Path, share: float) -> None:
    whole = next(write(tmp_path / "bag", frames(40, large)).glob("*.mcap")).read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(whole[: round(share * len(whole))])
    with pytest.raises(RecordingError, match=r"cut\.mcap: expected a rosbag2 recording"), open_bag(cut):
        pass
    with open_bag(cut, as_far_as_it_goes=True) as bag:
        found = numbers(bag)
        assert bag.damage.startswith(f"{cut}: the recording was cut off")
    assert len(found) == pytest.approx(40 * share, abs=5)
    assert found == [round(i / 10, 6) for i in range(len(found))]


def test_damage_within_a_recording_ends_the_reading_and_is_told(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    fill(writer, 0, frames(40, large))
    file = next((tmp_path / "bag").glob("*.mcap"))
    content = bytearray(file.read_bytes())
    compressed = [i for i in range(len(content)) if content.startswith(b"\x28\xb5\x2f\xfd", i)]  # zstd's magic number
    start = compressed[len(compressed) // 2] + 4
    content[start : start + 40] = b"\xff" * 40
    file.write_bytes(content)
    with open_bag(file, as_far_as_it_goes=True) as bag:
        found = numbers(bag)
        assert "damaged after" in bag.damage
    assert 0 < len(found) < 40
    with open_bag(file) as bag, pytest.raises(RecordingError, match="damaged after"):
        list(bag.messages(bag.types))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_sqlite_that_was_cut_off_is_read_up_to_there(tmp_path: Path, share: float) -> None:
    file = next(write(tmp_path / "bag", frames(40, large), StoragePlugin.SQLITE3).glob("*.db3"))
    file.write_bytes(file.read_bytes()[: round(share * file.stat().st_size)])
    torn = file.read_bytes()
    for place in (file, file.parent):
        with pytest.raises(RecordingError, match=r"expected a rosbag2 recording, got .*malformed"), open_bag(place):
            pass
        with open_bag(place, as_far_as_it_goes=True) as bag:
            found = numbers(bag)
            assert bag.damage.startswith(f"{place}: the recording was cut off")
            assert f"read up to there, {sum(bag.counts.values())} messages" in bag.damage
        assert len(found) == pytest.approx(40 * share, abs=3)
        assert found == [round(i / 10, 6) for i in range(len(found))]
    assert file.read_bytes() == torn


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"\x89MCAP0\r\n"])
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mcap").write_bytes(content)
    with (
        pytest.raises(RecordingError, match=r"a\.mcap: expected a rosbag2 recording") as error,
        open_bag(tmp_path / "a.mcap", as_far_as_it_goes=True),
    ):
        pass
    assert len(str(error.value).splitlines()) == 1


def test_messages_of_a_time_are_found_without_the_others(tmp_path: Path) -> None:
    with open_bag(write(tmp_path / "bag", frames(9))) as bag:
        (message,) = bag.messages(("/truth",), START_NS + 4 * STEP_NS, START_NS + 4 * STEP_NS + 1)
        assert bag.content(message).pose.position.x == 0.4


def test_a_topic_is_chosen_by_type_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    with open_bag(write(tmp_path / "bag", frames(1))) as bag:
        assert bag.topic("", (POSE_TYPE,)) == "/truth"
        with pytest.raises(
            RecordingError, match="expected the topic /camera/camera_info of PoseStamped, got sensor_msgs"
        ):
            bag.topic("/camera/camera_info", (POSE_TYPE,))
