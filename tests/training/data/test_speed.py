"""Reading SPEED and SPEED+."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.io import loadmat

from fpgnas_core.se3 import invert_transform, transform_points
from training.data.speed import SPEED_CAMERA, read_camera, read_labels, read_speed
from training.data.tango import LABELLED_AS, LANDMARKS, tango
from training.errors import DatasetError

HALF = 0.5**0.5
QUARTER_TURN_Z = [HALF, 0, 0, HALF]  # scalar first
CAMERA_JSON = {
    "Nu": 192,
    "Nv": 120,
    "ppx": 5.86e-6,
    "fx": 0.0175,
    "cameraMatrix": [[298.0, 0, 96], [0, 299.0, 60], [0, 0, 1]],
    "distCoeffs": [-0.2, 0.5, -0.0006, -0.0002, -0.13],
}


def entry(name: str, **changes: Any) -> dict[str, Any]:
    return {"filename": name, "q_vbs2tango_true": QUARTER_TURN_Z, "r_Vo2To_vbs_true": [0.5, -0.25, 6]} | changes


def write_domain(folder: Path, split: str, labels: list[dict[str, Any]], images: Path) -> Path:
    images.mkdir(parents=True, exist_ok=True)
    for number, label in enumerate(labels):
        cv2.imwrite(str(images / label["filename"]), np.full((120, 192), 40 + number, np.uint8))
    (folder / f"{split}.json").write_text(json.dumps(labels))
    return folder / f"{split}.json"


@pytest.fixture
def speedplus(tmp_path: Path) -> Path:
    """DIR/camera.json and the three domains."""
    (tmp_path / "camera.json").write_text(json.dumps(CAMERA_JSON))
    for domain, splits in (("synthetic", ("train", "validation")), ("lightbox", ("test",)), ("sunlamp", ("test",))):
        for place, split in enumerate(splits):
            labels = [entry(f"img{100 * place + number:06d}.jpg") for number in (1, 2)]
            (tmp_path / domain).mkdir(exist_ok=True)
            write_domain(tmp_path / domain, split, labels, tmp_path / domain / "images")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "numbers"),
    [
        ("synthetic/train", [1, 2]),
        ("synthetic/validation", [101, 102]),
        ("lightbox/test", [1, 2]),
        ("sunlamp/test", [1, 2]),
    ],
)
def test_every_domain_of_speedplus_is_read(speedplus: Path, file: str, numbers: list[int]) -> None:
    samples = read_speed(speedplus / f"{file}.json")
    assert [sample.image_id for sample in samples] == numbers
    assert [sample.load_image()[0, 0].tolist() for sample in samples] == [[40] * 3, [41] * 3]
    assert {sample.annotations[0].object_id for sample in samples} == {1}


def test_pose_is_camera_from_target_with_the_scalar_first(speedplus: Path) -> None:
    pose = read_speed(speedplus / "sunlamp" / "test.json")[0].annotations[0].T_camera_object
    np.testing.assert_allclose(pose, [[0, -1, 0, 0.5], [1, 0, 0, -0.25], [0, 0, 1, 6], [0, 0, 0, 1]], atol=1e-12)


def test_camera_of_speedplus_has_its_distortion(speedplus: Path) -> None:
    camera = read_speed(speedplus / "lightbox" / "test.json")[0].camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height) == (298, 299, 96, 60, 192, 120)
    assert camera.distortion == (-0.2, 0.5, -0.0006, -0.0002, -0.13)


def test_speed_has_its_own_camera_and_a_folder_of_images_a_split(tmp_path: Path) -> None:
    label = {"filename": "img000007.jpg", "q_vbs2tango": QUARTER_TURN_Z, "r_Vo2To_vbs_true": [0, 0, 9]}
    path = write_domain(tmp_path, "train", [label], tmp_path / "images" / "train")
    sample = read_speed(path)[0]
    assert sample.camera == SPEED_CAMERA
    assert sample.image_path == tmp_path / "images" / "train" / "img000007.jpg"
    np.testing.assert_allclose(sample.annotations[0].T_camera_object[:3, 3], [0, 0, 9])


def test_labels_without_poses_give_images_without_annotations(tmp_path: Path) -> None:
    path = write_domain(tmp_path, "test", [{"filename": "img000001.jpg"}], tmp_path / "images" / "test")
    assert read_speed(path)[0].annotations == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"q_vbs2tango_true": [1, 1, 0, 0]}, "q_vbs2tango_true: expected a rotation .*length 1.4142"),
        ({"q_vbs2tango_true": [0, 0, 0, 0]}, "q_vbs2tango_true: expected a rotation"),
        ({"q_vbs2tango_true": [1, 0, 0]}, "q_vbs2tango_true: expected 4 finite numbers"),
        ({"r_Vo2To_vbs_true": [0, float("nan"), 5]}, "r_Vo2To_vbs_true: expected 3 finite numbers"),
        ({"r_Vo2To_vbs_true": [0, 0, -5]}, "r_Vo2To_vbs_true: expected an object before the camera"),
    ],
)
def test_impossible_pose_names_file_image_and_field(speedplus: Path, changes: dict[str, Any], message: str) -> None:
    path = speedplus / "synthetic" / "train.json"
    path.write_text(json.dumps([entry("img000001.jpg"), entry("img000002.jpg", **changes)]))
    with pytest.raises(DatasetError, match=f"train.json: img000002.jpg: {message}"):
        read_speed(path)


def test_pose_without_its_quaternion_is_refused(speedplus: Path) -> None:
    path = speedplus / "synthetic" / "train.json"
    path.write_text(json.dumps([{"filename": "img000001.jpg", "r_Vo2To_vbs_true": [0, 0, 5]}]))
    with pytest.raises(DatasetError, match="expected a field q_vbs2tango_true"):
        read_speed(path)


def test_missing_image_is_named(speedplus: Path) -> None:
    (speedplus / "synthetic" / "images" / "img000002.jpg").unlink()
    with pytest.raises(DatasetError, match=r"train.json: img000002.jpg: filename: expected .*, found none"):
        read_speed(speedplus / "synthetic" / "train.json")


def test_entry_without_a_filename_is_refused(speedplus: Path) -> None:
    path = speedplus / "synthetic" / "train.json"
    path.write_text(json.dumps([{"q_vbs2tango_true": QUARTER_TURN_Z}]))
    with pytest.raises(DatasetError, match=r"train.json: entry 0: filename: expected the name of an image"):
        read_speed(path)


def test_image_of_another_size_is_refused_when_loaded(speedplus: Path) -> None:
    cv2.imwrite(str(speedplus / "sunlamp" / "images" / "img000001.jpg"), np.zeros((60, 96), np.uint8))
    with pytest.raises(DatasetError, match=r"img000001.jpg: expected 192x120 px as its camera has, got 96x60"):
        read_speed(speedplus / "sunlamp" / "test.json")[0].load_image()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cameraMatrix": [[0, 0, 96], [0, 299, 60], [0, 0, 1]]}, "cameraMatrix: focal lengths: expected positive"),
        ({"cameraMatrix": [1]}, "cameraMatrix: expected 9 finite numbers"),
        ({"distCoeffs": [None] * 5}, "distCoeffs: expected 5"),
        ({"Nu": 0}, "Nu: expected an integer of at least 1"),
    ],
)
def test_impossible_camera_names_the_field(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    (tmp_path / "camera.json").write_text(json.dumps(CAMERA_JSON | changes))
    with pytest.raises(DatasetError, match=f"camera.json: {message}"):
        read_camera(tmp_path / "camera.json")


def test_missing_camera_is_named(speedplus: Path) -> None:
    (speedplus / "camera.json").unlink()
    with pytest.raises(DatasetError, match=r"camera.json: expected the camera of these images, found none"):
        read_speed(speedplus / "lightbox" / "test.json")


def test_tango_is_its_landmarks_within_their_box() -> None:
    model = tango()
    np.testing.assert_array_equal(model.keypoints[1:], LANDMARKS)
    np.testing.assert_allclose(model.keypoints[0], model.box_center)
    corners = model.box_corners()
    np.testing.assert_allclose(corners.min(axis=0), [-0.5427, -0.579, 0])
    np.testing.assert_allclose(corners.max(axis=0), [0.5427, 0.4877, 0.3215])


def test_all_real_labels_are_read(speed_folder: Path) -> None:
    labels = read_labels(speed_folder / "speed_train.json")
    assert len(labels) == 12_000
    assert labels[0].filename == "img000001.jpg"
    poses = np.array([label.T_camera_object for label in labels])
    np.testing.assert_allclose(poses[0, :3, 3], [-0.21081, -0.094466, 6.705986])
    assert 2.9 < poses[:, 2, 3].min() < poses[:, 2, 3].max() < 41


def test_landmarks_are_the_published_ones(speed_folder: Path) -> None:
    for name in ("speedplusbaseline", "spnv2"):
        published = loadmat(speed_folder / f"tpark94_{name}_tangoPoints.mat")["tango3Dpoints"].T
        np.testing.assert_array_equal(published, LANDMARKS)


def test_real_labels_project_the_landmarks_where_people_clicked_them(speed_folder: Path) -> None:
    path = speed_folder / "speed_real5_labels.json"
    clicked = np.array([label["landmarks"] for label in json.loads(path.read_text())])
    for label, pixels in zip(read_labels(path), clicked, strict=True):
        assert label.T_camera_object is not None
        turned = invert_transform(label.T_camera_object)
        turned[:3, 3] = label.T_camera_object[:3, 3]
        right, transposed = (
            SPEED_CAMERA.project(transform_points(pose, LANDMARKS[list(LABELLED_AS)]))
            for pose in (label.T_camera_object, turned)
        )
        assert np.linalg.norm(right - pixels, axis=1).mean() < 4
        assert np.linalg.norm(transposed - pixels, axis=1).mean() > 100
