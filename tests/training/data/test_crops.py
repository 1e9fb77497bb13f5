"""Crops in files mapped into memory: the same as read one by one, written once, and again when a file changes."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from fpgnas_core.se3 import transform_points
from training.data import crop_cache
from training.data.batches import plain_batches
from training.data.bop import read_split
from training.data.crop_pixels import COORDINATES, MASK, OTHERS, PICTURE, CropPixels
from training.data.crops import load_crops
from training.data.second_pass import as_second_pass
from training.errors import DatasetError
from training.learning.loss import pose_loss
from training.space.network import PoseGrid, grid_channels


@pytest.fixture
def copied(dataset: str, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(dataset, folder, ignore=shutil.ignore_patterns(crop_cache.FOLDER))
    return folder


def test_cached_crops_are_those_of_the_files(copied: Path) -> None:
    for _ in range(2):  # read from the files, and from the cache
        crops = load_crops(str(copied), ("val",), 5, 64)
        planes = crops.pixels.read()
        for index, sample in enumerate(read_split(copied, "val")):
            (annotation,) = sample.annotations
            picture = cv2.imread(str(sample.image_path))[..., ::-1]
            assert np.array_equal(planes[index, PICTURE].transpose(1, 2, 0), picture)
            assert np.array_equal(planes[index, MASK][0] == 255, annotation.load_mask_visible())
            assert np.array_equal(crops.T_camera_object[index], annotation.T_camera_object)
            assert crops.camera(index) == sample.camera
            points = transform_points(annotation.T_camera_object, crops.objects[0].keypoints)
            np.testing.assert_allclose(crops.keypoints_px[index], sample.camera.project(points), atol=1e-3)


def test_coordinates_say_where_in_the_box_a_pixel_is(copied: Path) -> None:
    """The point that a coordinate names is seen at its pixel."""
    crops = load_crops(str(copied), ("val",), 5, 64)
    model, planes = crops.objects[0], crops.pixels.read()[0]
    rows, columns = np.nonzero(cv2.erode(planes[MASK][0], np.ones((5, 5))))
    share = planes[COORDINATES][:, rows, columns].T / 255.0 - 0.5
    points = share * np.array(model.box_size) + np.array(model.box_center)
    seen = crops.camera(0).project(transform_points(crops.T_camera_object[0], points))
    assert np.median(np.linalg.norm(seen - np.column_stack([columns, rows]), axis=1)) < 0.7


def test_second_start_reads_no_picture(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_crops(str(copied), ("val",), 5, 64)
    monkeypatch.setattr(crop_cache, "_planes", None)
    second = load_crops(str(copied), ("val",), 5, 64)
    assert np.array_equal(first.pixels.read(), second.pixels.read())
    assert isinstance(second.pixels.parts[0], np.memmap)


def test_changed_picture_is_seen(copied: Path) -> None:
    before = load_crops(str(copied), ("val",), 5, 64).pixels.read()
    picture = read_split(copied, "val")[3].image_path
    cv2.imwrite(str(picture), np.zeros((64, 64, 3), np.uint8))
    after = load_crops(str(copied), ("val",), 5, 64).pixels.read()
    assert np.array_equal(np.flatnonzero((before != after).any(axis=(1, 2, 3))), [3])
    assert len(list((copied / crop_cache.FOLDER).glob("*px_*.npy"))) == 2  # pixels and labels; the old ones are gone


def test_several_splits_lie_behind_one_index(copied: Path) -> None:
    parts = [load_crops(str(copied), (split,), 5, 64) for split in ("train", "val")]
    both = load_crops(str(copied), ("train", "val"), 5, 64)
    assert len(both) == 80
    assert [type(part) for part in both.pixels.parts] == [np.memmap, np.memmap]
    assert np.array_equal(both.pixels.read(), np.concatenate([part.pixels.read() for part in parts]))
    chosen = both.take(np.array([70, 2, 61]))
    assert np.array_equal(chosen.pixels.read()[0], parts[1].pixels.read()[10])
    assert np.array_equal(chosen.pixels.read(np.array([1]))[0], parts[0].pixels.read()[2])
    assert np.array_equal(chosen.keypoints_px[2], parts[1].keypoints_px[1])


def test_taking_crops_reads_nothing() -> None:
    pixels = CropPixels.of(np.arange(3 * 7 * 4, dtype=np.uint8).reshape(3, 7, 2, 2))
    assert pixels.take(np.array([2, 0])).parts[0] is pixels.parts[0]
    assert len(pixels.take(np.array([2, 0])).take(np.array([1]))) == 1


def test_image_of_another_size_is_refused(copied: Path) -> None:
    with pytest.raises(DatasetError, match="expected a training crop of 128x128 px, got 64x64 px"):
        load_crops(str(copied), ("val",), 5, 128)


def test_first_annotation_is_the_object_and_others_are_marked(copied: Path) -> None:
    scene = next(path for path in (copied / "val").glob("*") if path.is_dir())
    mask = np.zeros((64, 64), np.uint8)
    mask[10:20, 50:60] = 255
    cv2.imwrite(str(scene / "mask_visib/000002_000001.png"), mask)
    for name in ("scene_gt", "scene_gt_info"):
        entries = json.loads((scene / f"{name}.json").read_text())
        entries["2"] *= 2
        (scene / f"{name}.json").write_text(json.dumps(entries))
    planes = load_crops(str(copied), ("val",), 5, 64).pixels.read()
    assert np.array_equal(planes[2, OTHERS][0], mask // 255)
    assert not np.delete(planes, 2, axis=0)[:, OTHERS].any()


def test_crop_without_annotations_shows_no_object(copied: Path) -> None:
    truth = next((copied / "val").glob("*/scene_gt.json"))
    entries = json.loads(truth.read_text()) | {"0": []}
    truth.write_text(json.dumps(entries))
    (truth.parent / "scene_gt_info.json").unlink()
    crops = load_crops(str(copied), ("val",), 5, 64)
    assert not crops.is_shown[0]
    assert crops.is_shown[1:].all()
    assert not crops.pixels.read()[0, 3:].any()
    assert len(as_second_pass(crops, 1)) <= len(crops) - 1


def test_crops_without_an_object_train_the_classes_alone(copied: Path) -> None:
    for path in (copied / "val").glob("*/scene_gt*.json"):
        path.write_text(json.dumps({key: [] for key in json.loads(path.read_text())}))
    batch = next(plain_batches(load_crops(str(copied), ("val",), 5, 64), 12))
    channels = grid_channels(1, 5)
    grid = PoseGrid(*torch.full((12, sum(channels), 8, 8), 0.1).split(channels, dim=1))
    loss = pose_loss(grid, batch.targets, 8)
    assert float(loss.classes) == pytest.approx(np.log(1 + np.exp(0.1)), rel=1e-5)
    assert float(loss.votes) == float(loss.coordinates) == float(loss.distances) == float(loss.scales) == 0
