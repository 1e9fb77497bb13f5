"""Images come with their cameras, and what changes is counted."""

from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.errors import RecordingError
from fpgnas_core.recording.bag import open_bag
from fpgnas_ros.bag_evaluation.findings import CHECKS, Findings
from fpgnas_ros.bag_evaluation.frame_reader import FrameReader
from tests.fpgnas_core.recorded import camera_info, png_image, raw_image
from tests.fpgnas_ros.bag_evaluation.bags import IMAGES, INFO, Messages, cameras, stamp, write

BLACK = np.zeros((6, 8, 3), np.uint8)


def read(folder: Path, messages: Messages, image: str = "", info: str = "") -> tuple[list, dict[str, int]]:
    """Frames, and the counts of all checks that are not 0."""
    findings = Findings()
    with open_bag(write(folder, messages)) as bag:
        frames = [frame for frame, _ in FrameReader(bag, 0, image, info, findings).frames()]
    found = {name: int(entry["count"]) for name, entry in findings.to_json().items()}
    return frames, {name: count for name, count in found.items() if count}


def test_images_are_numbered_and_have_the_camera_before_them(tmp_path: Path) -> None:
    messages = [*cameras(3), (INFO, stamp(1.5), camera_info(stamp(1.5), fx=77.0))]
    messages = [entry for entry in messages if entry[:2] != (INFO, stamp(2))]
    frames, found = read(tmp_path / "bag", messages)
    assert [frame.number for frame in frames] == [0, 1, 2]
    assert [frame.camera.fx for frame in frames] == [50, 50, 77]
    assert found == {"camera_changes": 1}


def test_camera_that_comes_back_has_changed_twice(tmp_path: Path) -> None:
    infos = [(INFO, stamp(i) - 1, camera_info(stamp(i), fx=fx)) for i, fx in enumerate([50.0, 77.0, 77.0, 50.0])]
    messages = [*infos, *(entry for entry in cameras(4) if entry[0] != INFO)]
    frames, found = read(tmp_path / "bag", messages)
    assert [frame.camera.fx for frame in frames] == [50, 77, 77, 50]
    assert found == {"camera_changes": 2}


def test_image_before_the_first_camera_info_has_that_camera(tmp_path: Path) -> None:
    late = [(topic, time + (topic == INFO) * 500_000_000, message) for topic, time, message in cameras(2)]
    frames, found = read(tmp_path / "bag", late)
    assert [frame.camera.fx for frame in frames] == [50, 50]
    assert found == {}


def test_changes_of_frame_and_size_are_counted(tmp_path: Path) -> None:
    images = [raw_image(stamp(i), "bgr8", np.zeros((6 + (i == 2), 8, 3), np.uint8)) for i in range(4)]
    images[1].header.frame_id = "other"
    messages = [(INFO, stamp(0), camera_info(stamp(0))), *(("/image", stamp(i), m) for i, m in enumerate(images))]
    assert read(tmp_path / "bag", messages)[1] == {"frame_ids": 2, "resolution_changes": 2}


def test_stamps_that_stand_still_or_go_back_are_counted(tmp_path: Path) -> None:
    stamps = [stamp(1), stamp(1), stamp(0), 0]
    messages = [(IMAGES, stamp(i), png_image(s, BLACK)) for i, s in enumerate(stamps)]
    frames, found = read(tmp_path / "bag", messages)
    assert frames[0].camera is None
    assert found == {"zero_stamps": 1, "backward_stamps": 1, "repeated_stamps": 1}


def test_of_several_cameras_the_one_beside_the_images_is_meant(tmp_path: Path) -> None:
    other = ("/depth/camera_info", stamp(0), camera_info(stamp(0), fx=99.0))
    assert read(tmp_path / "bag", [*cameras(1), other])[0][0].camera.fx == 50
    assert read(tmp_path / "named", [*cameras(1), other], info="/depth/camera_info")[0][0].camera.fx == 99
    elsewhere = [("/a/camera_info", *other[1:]), other, *cameras(1)[1:]]
    with pytest.raises(RecordingError, match="expected one topic of CameraInfo, got /a/camera_info, /depth"):
        read(tmp_path / "unclear", elsewhere)


def test_every_check_has_a_meaning() -> None:
    assert all(entry["meaning"] == CHECKS[name] for name, entry in Findings().to_json().items())
