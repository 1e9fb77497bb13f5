"""Streaming BOP-webdataset shards."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from training.data.bop import read_split
from training.data.models import read_models
from training.data.shards import shards_of, stream_shards
from training.errors import DatasetError

Files = dict[str, bytes]


def files_of(scene: Path, number: int) -> Files:
    """One image of a scene folder as files of a shard, by ending."""
    contents = {name: json.loads((scene / f"scene_{name}.json").read_text()) for name in ("camera", "gt", "gt_info")}
    files = {f"{name}.json": json.dumps(content[str(number)]).encode() for name, content in contents.items()}
    image = next((scene / "rgb").glob(f"{number:06d}.*"))
    files[f"rgb{image.suffix}"] = image.read_bytes()
    files["depth.png"] = (scene / "depth" / f"{number:06d}.png").read_bytes()
    mask = cv2.imread(str(scene / "mask_visib" / f"{number:06d}_000000.png"), cv2.IMREAD_GRAYSCALE)
    flat = np.concatenate([[0], mask.T.ravel() > 0])  # a false pixel ahead: the first run is outside of the mask
    edges = np.flatnonzero(np.diff(flat, append=2))
    counts = np.diff(edges, prepend=0).tolist()
    files["mask_visib.json"] = json.dumps({"0": {"size": list(mask.shape), "counts": counts}}).encode()
    return files


def write_shard(path: Path, images: dict[str, Files]) -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for key, files in images.items():
            for ending, data in files.items():
                member = tarfile.TarInfo(f"{key}.{ending}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture
def files(bop_folder: Path) -> Files:
    return files_of(bop_folder / "val" / "000003", 11)


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    return tmp_path / "train_web" / "shard-000000.tar"


def test_shards_give_the_same_samples_as_the_folder(bop_folder: Path) -> None:
    scenes = {f"{scene:06d}": bop_folder / "val" / f"{scene:06d}" for scene in (0, 3)}
    for shard, (key, scene) in enumerate(scenes.items()):
        images = {f"{key}_{number:06d}": files_of(scene, number) for number in (0, 11)}
        write_shard(bop_folder / "web" / f"shard-{shard:06d}.tar", images)
    streamed = list(stream_shards(shards_of(bop_folder / "web"), read_models(bop_folder / "models")))
    for one, other in zip(streamed, read_split(bop_folder, "val"), strict=True):
        assert (one.scene_id, one.image_id, one.camera) == (other.scene_id, other.image_id, other.camera)
        np.testing.assert_array_equal(one.load_image(), other.load_image())
        np.testing.assert_array_equal(one.load_depth(), other.load_depth())
        mine, theirs = one.annotations[0], other.annotations[0]
        np.testing.assert_array_equal(mine.T_camera_object, theirs.T_camera_object)
        np.testing.assert_array_equal(one.load_mask_visible(mine), theirs.load_mask_visible())
        assert (mine.visible_fraction, mine.bbox_obj) == (theirs.visible_fraction, theirs.bbox_obj)


def test_images_come_in_the_order_of_the_shard(shard: Path, files: Files) -> None:
    write_shard(shard, dict.fromkeys(("000002_000005", "00001_00007"), files))
    assert [(sample.scene_id, sample.image_id) for sample in stream_shards([shard])] == [(2, 5), (1, 7)]


def test_only_what_is_asked_for_is_read(shard: Path, files: Files) -> None:
    write_shard(shard, {"000000_000001": files})
    samples = stream_shards([shard, shard.parent / "shard-000001.tar"])
    assert next(samples).image_id == 1
    with pytest.raises(DatasetError, match=r"shard-000001.tar: expected a tar file, found none"):
        next(samples)


def test_gray_tiff_without_depth(shard: Path, files: Files) -> None:
    del files["rgb.jpg"], files["depth.png"]
    files["gray.tiff"] = cv2.imencode(".tiff", np.full((48, 64), 33, np.uint8))[1].tobytes()
    sample = next(stream_shards([write_shard(shard, {"000000_000000": files})]))
    assert sample.load_image()[0, 0].tolist() == [33, 33, 33]
    assert not sample.has_depth


def changed(files: Files, name: str, **fields: Any) -> Files:
    content = json.loads(files[name])
    (content[0] if isinstance(content, list) else content).update(fields)
    return files | {name: json.dumps(content).encode()}


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("gt.json", {"cam_t_m2c": [0, float("nan"), 1]}, "gt.json, object 0: cam_t_m2c: expected 3 finite numbers"),
        ("gt.json", {"cam_R_m2c": [1] * 9}, "gt.json, object 0: cam_R_m2c: expected a rotation"),
        ("gt.json", {"obj_id": "gso_cup"}, "gt.json, object 0: obj_id: expected an integer"),
        ("camera.json", {"cam_K": [0, 0, 1, 0, 0, 1, 0, 0, 1]}, "camera.json: cam_K: focal lengths: expected positive"),
    ],
)
def test_impossible_values_name_shard_key_and_field(
    shard: Path, files: Files, name: str, fields: dict[str, Any], message: str
) -> None:
    write_shard(shard, {"000004_000015": changed(files, name, **fields)})
    with pytest.raises(DatasetError, match=f"shard-000000.tar: 000004_000015.{message}"):
        next(stream_shards([shard]))


def test_unknown_object_is_refused(shard: Path, files: Files, bop_folder: Path) -> None:
    write_shard(shard, {"000004_000015": changed(files, "gt.json", obj_id=9)})
    with pytest.raises(DatasetError, match=r"000004_000015.rgb.jpg: .*obj_id: expected one of .* \(1, 2\), got 9"):
        next(stream_shards([shard], read_models(bop_folder / "models")))


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("camera.json", "000004_000015: expected a file 000004_000015.camera.json"),
        ("gt.json", "000004_000015: expected a file 000004_000015.gt.json"),
        ("rgb.jpg", "000004_000015: expected an image"),
    ],
)
def test_missing_file_is_named(shard: Path, files: Files, missing: str, message: str) -> None:
    del files[missing]
    write_shard(shard, {"000004_000015": files})
    with pytest.raises(DatasetError, match=message):
        next(stream_shards([shard]))


def test_mask_of_another_size_is_refused(shard: Path, files: Files) -> None:
    files["mask_visib.json"] = json.dumps({"0": {"size": [2, 2], "counts": [4]}}).encode()
    sample = next(stream_shards([write_shard(shard, {"000004_000015": files})]))
    with pytest.raises(DatasetError, match=r"000004_000015.rgb.jpg: mask of object 0: expected 64x48 px"):
        sample.load_mask_visible(sample.annotations[0])


def test_key_without_scene_and_image_is_refused(shard: Path, files: Files) -> None:
    with pytest.raises(DatasetError, match="expected a key such as 000004_000015"):
        next(stream_shards([write_shard(shard, {"cup": files})]))


def test_truncated_shard_is_named(shard: Path, files: Files) -> None:
    data = write_shard(shard, {"000004_000015": files, "000004_000016": files}).read_bytes()
    shard.write_bytes(data[: len(data) // 2])
    with pytest.raises(DatasetError, match=r"shard-000000.tar: expected a tar file, got a damaged"):
        list(stream_shards([shard]))


def test_folder_without_shards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"expected shards such as shard-000000.tar"):
        shards_of(tmp_path)
