"""The layouts of the BOP core data sets."""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from training.data.bop import read_scene, read_split, sensors_of
from training.errors import DatasetError


def change_json(path: Path, key: str, **fields: Any) -> None:
    content = json.loads(path.read_text())
    target = content[key][0] if isinstance(content[key], list) else content[key]
    target.update(fields)
    path.write_text(json.dumps(content))


@pytest.fixture
def scene(bop_folder: Path) -> Path:
    return bop_folder / "val" / "000000"


def test_gray_tiff_with_tiff_depth_as_in_itodd(scene: Path) -> None:
    shutil.rmtree(scene / "rgb")
    shutil.rmtree(scene / "depth")
    for kind, value in (("gray", np.uint8(90)), ("depth", np.uint16(7000))):
        (scene / kind).mkdir()
        for number in (0, 11):
            cv2.imwrite(str(scene / kind / f"{number:06d}.tif"), np.full((48, 64), value))
    sample = read_scene(scene)[1]
    assert sample.image_path.name == "000011.tif"
    assert sample.load_image()[5, 6].tolist() == [90, 90, 90]
    np.testing.assert_allclose(sample.load_depth(), 0.7, rtol=1e-6)


def test_whole_silhouettes_are_apart_from_visible_ones(scene: Path) -> None:
    (scene / "mask").mkdir()
    whole = np.zeros((48, 64), np.uint8)
    whole[10:30, 30:50] = 255
    cv2.imwrite(str(scene / "mask" / "000000_000000.png"), whole)
    first, second = read_scene(scene)
    assert first.annotations[0].load_mask().sum() == 400
    assert first.load_mask_visible(first.annotations[0]).sum() == 200
    with pytest.raises(DatasetError, match="object 1: expected a mask of its silhouette"):
        second.annotations[0].load_mask()


def test_scene_of_several_cameras_as_in_ipd(scene: Path) -> None:
    for name in ("rgb", "depth", "mask_visib"):
        (scene / name).rename(scene / f"{name}_cam1")
    for name in ("scene_camera", "scene_gt", "scene_gt_info"):
        (scene / f"{name}.json").rename(scene / f"{name}_cam1.json")
    assert sensors_of(scene) == ["cam1"]
    with pytest.raises(DatasetError, match=r"expected scene_camera.json, found cameras 'cam1'; name one as the sensor"):
        read_scene(scene)
    samples = read_scene(scene, "cam1")
    assert [sample.image_id for sample in samples] == [0, 11]
    assert samples[0].annotations[0].load_mask_visible().sum() == 200
    assert samples[0].depth_path == scene / "depth_cam1" / "000000.png"


def test_scene_of_one_unnamed_camera(scene: Path) -> None:
    assert sensors_of(scene) == [""]


def test_image_folder_named_after_the_sensor_as_in_hot3d(scene: Path) -> None:
    (scene / "rgb").rename(scene / "gray1")
    for name in ("scene_camera", "scene_gt", "scene_gt_info"):
        (scene / f"{name}.json").rename(scene / f"{name}_gray1.json")
    assert read_scene(scene, "gray1")[0].image_path == scene / "gray1" / "000000.png"


def test_test_images_with_private_poses_have_no_annotations(scene: Path) -> None:
    hidden = scene.parents[1] / "test_primesense" / "000001"
    shutil.copytree(scene, hidden)
    for name in ("scene_gt.json", "scene_gt_info.json"):
        (hidden / name).unlink()
    samples = read_split(scene.parents[1], "test_primesense")
    assert [(sample.image_id, sample.annotations) for sample in samples] == [(0, ()), (11, ())]
    assert samples[1].camera.cx == 42.5


def test_training_images_without_poses_are_an_error(scene: Path) -> None:
    (scene / "scene_gt.json").unlink()
    with pytest.raises(DatasetError, match=r"000000/scene_gt.json: expected a JSON file, found none"):
        read_scene(scene)


def test_invisible_object_behind_the_camera_is_left_out_and_masks_keep_their_numbers(scene: Path) -> None:
    truth, info = scene / "scene_gt.json", scene / "scene_gt_info.json"
    for path in (truth, info):
        content = json.loads(path.read_text())
        content["0"].append(content["0"][0])
        path.write_text(json.dumps(content))
    change_json(truth, "0", cam_t_m2c=[0, 0, -50])
    change_json(info, "0", visib_fract=0.0, bbox_obj=[-1, -1, -1, -1])
    cv2.imwrite(str(scene / "mask_visib" / "000000_000001.png"), np.full((48, 64), 255, np.uint8))
    annotations = read_scene(scene)[0].annotations
    assert len(annotations) == 1
    assert annotations[0].mask_visible_path == scene / "mask_visib" / "000000_000001.png"


def test_object_without_a_silhouette_in_the_image_has_no_box(scene: Path) -> None:
    change_json(scene / "scene_gt_info.json", "0", visib_fract=0.0, bbox_obj=[-1, -1, -1, -1])
    assert read_scene(scene)[0].annotations[0].bbox_obj is None


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("scene_camera", {"depth_scale": 0}, "scene_camera.json: image 11: depth_scale: expected a positive number"),
        ("scene_camera", {"cam_K": [1, 2]}, "scene_camera.json: image 11: cam_K: expected 9 finite numbers"),
        ("scene_gt_info", {"visib_fract": 3}, "scene_gt_info.json: image 11, object 0: visib_fract: expected 0 to 1"),
        ("scene_gt_info", {"bbox_obj": [1]}, "scene_gt_info.json: image 11, object 0: bbox_obj: expected 4 finite"),
        ("scene_gt", {"cam_R_m2c": None}, "scene_gt.json: image 11, object 0: cam_R_m2c: expected 9"),
    ],
)
def test_impossible_values_name_file_entry_and_field(
    scene: Path, name: str, fields: dict[str, Any], message: str
) -> None:
    change_json(scene / f"{name}.json", "11", **fields)
    with pytest.raises(DatasetError, match=message):
        read_scene(scene)


def test_image_without_a_camera_is_named(scene: Path) -> None:
    path = scene / "scene_camera.json"
    content = json.loads(path.read_text())
    del content["11"]
    path.write_text(json.dumps(content))
    with pytest.raises(DatasetError, match=r"image 11 of scene_gt.json: expected an entry in scene_camera.json"):
        read_scene(scene)


def test_mask_of_another_size_is_refused_when_loaded(scene: Path) -> None:
    cv2.imwrite(str(scene / "mask_visib" / "000000_000000.png"), np.zeros((24, 32), np.uint8))
    sample = read_scene(scene)[0]
    with pytest.raises(DatasetError, match=r"000000_000000.png: expected 64x48 px as its camera has, got 32x24"):
        sample.load_mask_visible(sample.annotations[0])
