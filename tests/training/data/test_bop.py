"""Reading BOP folders."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from training.data.bop import read_split
from training.data.models import read_models
from training.errors import DatasetError


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_images_of_all_scenes_come_in_order(bop_folder: Path) -> None:
    samples = read_split(bop_folder, "val")
    assert [(sample.scene_id, sample.image_id) for sample in samples] == [(0, 0), (0, 11), (3, 0), (3, 11)]
    assert [sample.image_path.suffix for sample in samples] == [".png", ".png", ".jpg", ".jpg"]


def test_poses_are_metres_and_cameras_belong_to_their_image(bop_folder: Path) -> None:
    sample = read_split(bop_folder, "val")[1]
    pose = sample.annotations[0].T_camera_object
    np.testing.assert_allclose(pose, [[0, -1, 0, 0.01], [1, 0, 0, -0.02], [0, 0, 1, 0.5], [0, 0, 0, 1]])
    assert (sample.camera.fx, sample.camera.fy, sample.camera.cx, sample.camera.cy) == (60, 61, 42.5, 23.5)
    assert (sample.camera.width, sample.camera.height) == (64, 48)


def test_pictures_masks_depth_and_visibility_are_read(bop_folder: Path) -> None:
    sample = read_split(bop_folder, "val")[0]
    annotation = sample.annotations[0]
    assert sample.load_image()[0, 0].tolist() == [200, 100, 50]
    assert annotation.load_mask_visible().sum() == 200
    assert annotation.visible_fraction == 0.75
    assert annotation.bbox_obj == (30, 10, 20, 10)
    np.testing.assert_allclose(sample.load_depth(), 0.5)


def test_models_are_metres_with_their_symmetries(bop_folder: Path) -> None:
    models = read_models(bop_folder / "models")
    assert (models[1].name, models[1].diameter, models[1].is_symmetric) == ("box", pytest.approx(0.03), False)
    np.testing.assert_allclose(models[1].box_center, [0, 0, 0.01])
    np.testing.assert_allclose(models[1].load_mesh().bounds, [[-0.01, -0.005, 0], [0.01, 0.005, 0.02]], atol=1e-7)
    assert models[2].is_symmetric
    np.testing.assert_allclose(models[2].symmetries_discrete[0][:3, 3], [0.004, 0, 0])
    np.testing.assert_allclose(models[2].symmetries_continuous[0].offset, [0.001, 0.002, 0.003])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("cam_R_m2c", [1, 0, 0, 0, 1, 0, 0, 0, -1], "image 11, object 0: cam_R_m2c: expected a rotation"),
        ("cam_R_m2c", [1, 0, 0, 0, 2, 0, 0, 0, 1], "cam_R_m2c: expected a rotation"),
        ("cam_t_m2c", [0, 0, float("nan")], "cam_t_m2c: expected 3 finite numbers"),
        ("cam_t_m2c", [0, 0, -100], "cam_t_m2c: expected an object before the camera"),
        ("obj_id", "cat", "obj_id: expected an integer"),
        ("obj_id", 9, r"obj_id: expected one of models_info.json \(1, 2\), got 9"),
    ],
)
def test_impossible_annotation_names_file_entry_and_field(
    bop_folder: Path, field: str, value: object, message: str
) -> None:
    def change(content: dict[str, Any]) -> None:
        content["11"][0][field] = value

    edit(bop_folder / "val" / "000003" / "scene_gt.json", change)
    with pytest.raises(DatasetError, match=message):
        read_split(bop_folder, "val", read_models(bop_folder / "models"))


def test_camera_without_focal_length_is_refused(bop_folder: Path) -> None:
    path = bop_folder / "val" / "000000" / "scene_camera.json"
    edit(path, lambda content: content["0"].update(cam_K=[0, 0, 31, 0, 60, 23, 0, 0, 1]))
    with pytest.raises(DatasetError, match=r"scene_camera.json: image 0: cam_K: focal lengths"):
        read_split(bop_folder, "val")


def test_missing_image_is_named(bop_folder: Path) -> None:
    (bop_folder / "val" / "000000" / "rgb" / "000011.png").unlink()
    with pytest.raises(DatasetError, match=r"image 11 of scene_gt.json: expected an image file"):
        read_split(bop_folder, "val")


def test_image_of_another_size_is_refused_when_loaded(bop_folder: Path) -> None:
    path = bop_folder / "val" / "000000" / "rgb" / "000011.png"
    cv2.imwrite(str(path), np.zeros((24, 32, 3), np.uint8))
    with pytest.raises(DatasetError, match="expected 64x48 px as its camera has, got 32x24"):
        read_split(bop_folder, "val")[1].load_image()


def test_damaged_json_is_named(bop_folder: Path) -> None:
    (bop_folder / "val" / "000003" / "scene_gt.json").write_text("{")
    with pytest.raises(DatasetError, match=r"scene_gt.json: expected JSON"):
        read_split(bop_folder, "val")


def test_folder_without_scenes_says_what_to_check(bop_folder: Path) -> None:
    with pytest.raises(DatasetError, match="check --dataset and --split"):
        read_split(bop_folder, "test")


def test_model_without_diameter_is_refused(bop_folder: Path) -> None:
    edit(bop_folder / "models" / "models_info.json", lambda content: content["2"].pop("diameter"))
    with pytest.raises(DatasetError, match="object 2: expected a field diameter"):
        read_models(bop_folder / "models")
