"""Own recordings as samples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin

from fpgnas_core.errors import FpgnasError
from tests.fpgnas_core import recorded
from tests.fpgnas_core.recorded import CAMERA_FRAME, START_NS, STEP_NS, frames, write
from training.data.recording import RecordingSettings, stream_recording, topics_of
from training.data.sample import Sample

DEMO = Path(__file__).resolve().parents[3] / "assets" / "demo.mcap"
TRUTH = RecordingSettings({"/truth": 1})


def read(path: Path, settings: RecordingSettings = TRUTH) -> list[Sample]:
    return list(stream_recording(path, settings))


def places(samples: list[Sample]) -> list[float]:
    return [round(float(sample.annotations[0].T_camera_object[0, 3]), 6) for sample in samples]


def test_demo_recording_is_read() -> None:
    samples = list(stream_recording(DEMO, RecordingSettings({"/ground_truth/pose": 1})))
    assert [sample.image_id for sample in samples] == list(range(150))
    assert samples[149].load_image().shape == (480, 640, 3)
    first = samples[0]
    assert (first.camera.fx, first.camera.cx, first.camera.cy, first.camera.distortion) == (600, 321.5, 236.5, ())
    expected = [-0.08875987071371512, 0.013677305544250153, 0.9274933564979695]
    np.testing.assert_allclose(first.annotations[0].T_camera_object[:3, 3], expected, atol=1e-9)


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_folders_and_files_of_both_storages_are_read(tmp_path: Path, storage: StoragePlugin) -> None:
    folder = write(tmp_path / "bag", frames(3), storage)
    assert places(read(folder)) == [0, 0.1, 0.2]
    file = next(path for path in folder.iterdir() if path.suffix in (".mcap", ".db3"))
    assert places(read(file)) == [0, 0.1, 0.2]


def test_pictures_cameras_and_ids_are_those_of_their_messages(tmp_path: Path) -> None:
    sample = read(write(tmp_path / "bag", frames(3)))[2]
    assert (sample.image_id, sample.annotations[0].object_id) == (2, 1)
    assert sample.load_image().tolist() == np.full((6, 8, 3), 2).tolist()
    assert (sample.camera.fx, sample.camera.fy, sample.camera.width, sample.camera.height) == (50, 51, 8, 6)
    assert sample.camera.distortion == (0.1, 0, 0, 0, 0)


def test_truth_between_frames_is_interpolated(tmp_path: Path) -> None:
    def later(topic: str, number: int, message: Any) -> Any:
        return recorded.pose(START_NS + number * STEP_NS - STEP_NS // 2, number) if topic == "/truth" else message

    assert places(read(write(tmp_path / "bag", frames(4, later)))) == [0.5, 1.5, 2.5]  # after the last: unknown


def test_images_in_a_gap_of_the_truth_are_left_out_and_keep_their_numbers(tmp_path: Path) -> None:
    def gap(topic: str, number: int, message: Any) -> Any:
        return None if topic == "/truth" and number in (2, 3) else message

    assert [sample.image_id for sample in read(write(tmp_path / "bag", frames(6, gap)))] == [0, 1, 4, 5]


def test_pose_in_another_frame_is_brought_to_the_camera_through_tf(tmp_path: Path) -> None:
    def in_world(topic: str, number: int, message: Any) -> Any:
        return recorded.pose(START_NS + number * STEP_NS, 5, "world") if topic == "/truth" else message

    moves = [
        ("/tf", stamp, recorded.transform(stamp, "world", "arm", number / 10, -0.5))
        for number, stamp in enumerate(range(START_NS, START_NS + 3 * STEP_NS, STEP_NS))
    ]
    mount = recorded.transform(0, "arm", CAMERA_FRAME, 1.0, 0.0)
    samples = read(write(tmp_path / "bag", [("/tf_static", 0, mount), *moves, *frames(3, in_world)]))
    assert places(samples) == [4, 3.9, 3.8]
    assert samples[0].annotations[0].T_camera_object[2, 3] == 1.5


def test_frames_of_tf_are_objects(tmp_path: Path) -> None:
    moves = [
        ("/tf", stamp, recorded.transform(stamp, CAMERA_FRAME, name, x, 0.7))
        for stamp in range(START_NS, START_NS + 2 * STEP_NS, STEP_NS)
        for name, x in (("cup", 0.2), ("lid", -0.2))
    ]
    samples = read(write(tmp_path / "bag", moves + frames(2)), RecordingSettings({"cup": 4, "lid": 2}))
    found = [(a.object_id, float(a.T_camera_object[0, 3])) for sample in samples for a in sample.annotations]
    assert found == [(4, 0.2), (2, -0.2)] * 2


RED_BLUE = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)


@pytest.mark.parametrize(
    ("encoding", "pixels", "expected"),
    [
        ("bgr8", RED_BLUE, [[[255, 0, 0], [0, 0, 255]]]),
        ("rgb8", RED_BLUE, [[[0, 0, 255], [255, 0, 0]]]),
        ("mono8", np.array([[[7], [9]]], np.uint8), [[[7, 7, 7], [9, 9, 9]]]),
        ("rgba8", np.array([[[1, 2, 3, 0], [4, 5, 6, 0]]], np.uint8), [[[3, 2, 1], [6, 5, 4]]]),
    ],
)
def test_raw_images_are_converted_and_their_padding_is_cut(
    tmp_path: Path, encoding: str, pixels: np.ndarray, expected: list[Any]
) -> None:
    def raw(topic: str, number: int, message: Any) -> Any:
        if topic == "/camera/camera_info":
            return recorded.camera_info(START_NS, width=2, height=1)
        return recorded.raw_image(START_NS, encoding, pixels, padding=3) if "image" in topic else message

    assert read(write(tmp_path / "bag", frames(1, raw)))[0].load_image().tolist() == expected


def test_bayer_pattern_is_named_by_its_first_pixels(tmp_path: Path) -> None:
    mosaic = np.zeros((6, 8, 1), np.uint8)
    mosaic[::2, ::2] = 200  # rggb: red at even rows and columns

    def raw(topic: str, number: int, message: Any) -> Any:
        return recorded.raw_image(START_NS, "bayer_rggb8", mosaic) if "image" in topic else message

    assert read(write(tmp_path / "bag", frames(1, raw)))[0].load_image()[2, 4].tolist() == [0, 0, 200]


def test_region_of_interest_and_binning_change_the_camera(tmp_path: Path) -> None:
    roi = recorded.make("sensor_msgs/RegionOfInterest", 1, 2, 4, 6, False)  # x and y offset, height, width
    info = recorded.camera_info(START_NS, roi=roi, binning_x=2, binning_y=2)
    messages = frames(1, lambda topic, number, message: info if "info" in topic else message)
    camera = read(write(tmp_path / "bag", messages))[0].camera
    assert (camera.width, camera.height, camera.fx, camera.fy) == (3, 2, 25, 25.5)
    assert (camera.cx, camera.cy) == (1.0, 0.0)  # (3.5 - 1 + 0.5) / 2 - 0.5 and (2.5 - 2 + 0.5) / 2 - 0.5


def test_image_recorded_before_the_first_camera_info_has_that_camera(tmp_path: Path) -> None:
    messages = frames(2)
    late = [message for message in messages if message[0] != "/camera/camera_info"]
    late.append(("/camera/camera_info", START_NS + 5 * STEP_NS, recorded.camera_info(START_NS)))
    assert [sample.camera.fx for sample in read(write(tmp_path / "bag", late))] == [50, 50]


NAN = float("nan")


@pytest.mark.parametrize(
    ("topic", "broken", "message"),
    [
        ("/truth", recorded.pose(START_NS, NAN), "/truth at 5.000 s: position: expected 3 finite numbers"),
        ("/truth", recorded.pose(START_NS, 0, z=-1.0), "pose of /truth: position: expected an object before"),
        (
            "/truth",
            recorded.pose(START_NS, 0, turn=recorded.quaternion(0.0, 0.0, 0.0, 0.0)),
            "/truth at 5.000 s: orientation: expected a rotation",
        ),
        ("/camera/camera_info", recorded.camera_info(START_NS, fx=0.0), "camera_info at 5.000 s: k, d: focal lengths"),
        (
            "/camera/camera_info",
            recorded.camera_info(START_NS, distortion_model="mirror"),
            "camera_info at 5.000 s: k, d: distortion model: expected one of",
        ),
    ],
)
def test_impossible_values_name_topic_time_and_field(tmp_path: Path, topic: str, broken: Any, message: str) -> None:
    messages = frames(2, lambda name, number, given: broken if (name, number) == (topic, 0) else given)
    with pytest.raises(FpgnasError, match=message):
        read(write(tmp_path / "bag", messages))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (recorded.png_image(START_NS, np.zeros((3, 4, 3), np.uint8)), "expected 8x6 px as its camera has, got 4x3"),
        (recorded.raw_image(START_NS, "32FC1", np.zeros((6, 8, 4), np.uint8)), "encoding: expected one of"),
        (
            recorded.make("sensor_msgs/Image", recorded.header(START_NS), 6, 8, "bgr8", 0, 24, np.zeros(9, np.uint8)),
            "data: expected 6 rows of at least 24 bytes, got 9 bytes",
        ),
        (
            recorded.make("sensor_msgs/CompressedImage", recorded.header(START_NS), "jpeg", np.zeros(9, np.uint8)),
            "data: expected an image, got an unreadable one of 9 bytes",
        ),
    ],
)
def test_impossible_image_is_refused_when_loaded(tmp_path: Path, image: Any, message: str) -> None:
    messages = frames(1, lambda topic, number, given: image if "image" in topic else given)
    sample = read(write(tmp_path / "bag", messages))[0]
    with pytest.raises(FpgnasError, match=f"camera_image_compressed_000000.*{message}"):
        sample.load_image()


def test_unknown_object_lists_what_there_is(tmp_path: Path) -> None:
    path = write(tmp_path / "bag", frames(1))
    with pytest.raises(FpgnasError, match="objects: expected one of /truth, got /mocap"):
        read(path, RecordingSettings({"/mocap": 1}))


def test_two_cameras_ask_for_a_name(tmp_path: Path) -> None:
    second = recorded.png_image(START_NS, np.full((6, 8, 3), 77, np.uint8))
    path = write(tmp_path / "bag", [("/other/compressed", START_NS, second), *frames(1)])
    with pytest.raises(FpgnasError, match="expected one topic of Image or CompressedImage, got /camera/image/comp"):
        read(path)
    named = read(path, RecordingSettings({"/truth": 1}, image="/other/compressed"))
    assert named[0].load_image()[0, 0].tolist() == [77, 77, 77]


def test_frame_with_two_parents_is_refused(tmp_path: Path) -> None:
    edges = [("/tf", START_NS, recorded.transform(START_NS, parent, "cup", 0, 1)) for parent in ("a", "b")]
    with pytest.raises(FpgnasError, match="frame cup: expected one parent, got a and b"):
        read(write(tmp_path / "bag", edges + frames(1)))


def test_topics_come_with_their_types() -> None:
    assert topics_of(DEMO)["/ground_truth/pose"] == "geometry_msgs/msg/PoseStamped"


def test_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_bytes(b"nothing of the kind")
    for path in (tmp_path / "a.mcap", tmp_path / "b.mcap"):
        with pytest.raises(FpgnasError, match=f"{path.name}: expected a (rosbag2 )?recording"):
            read(path)


def test_png_is_lossless_through_the_recording(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    image = recorded.png_image(START_NS, picture)
    messages = frames(1, lambda topic, number, given: image if "image" in topic else given)
    np.testing.assert_array_equal(read(write(tmp_path / "bag", messages))[0].load_image(), picture)
