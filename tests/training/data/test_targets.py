"""Targets of a BOP test set."""

import json
from pathlib import Path
from typing import Any

import pytest

from training.data.bop import read_split
from training.data.targets import Target, read_targets, targeted
from training.errors import DatasetError


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "test_targets_bop19.json"
    path.write_text(json.dumps([{"im_id": 11, "inst_count": 1, "obj_id": 1, "scene_id": 3} | changes]))
    return path


def test_only_targeted_images_are_kept(bop_folder: Path) -> None:
    path = write(bop_folder)
    assert read_targets(path) == [Target(3, 11, 1, 1)]
    kept = targeted(read_split(bop_folder, "val"), read_targets(path), path)
    assert [(sample.scene_id, sample.image_id) for sample in kept] == [(3, 11)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"im_id": 5}, "scene 3, image 5, object 1: im_id: expected an image of the split"),
        ({"inst_count": 2}, "scene 3, image 11, object 1: inst_count: expected 2 annotated objects, got 1"),
        ({"obj_id": 2}, "scene 3, image 11, object 2: inst_count: expected 1 annotated objects, got 0"),
        ({"obj_id": "cat"}, "entry 0: obj_id: expected an integer of at least 1, got 'cat'"),
        ({"inst_count": 0}, "entry 0: inst_count: expected an integer of at least 1"),
    ],
)
def test_impossible_targets_name_entry_and_field(bop_folder: Path, changes: dict[str, Any], message: str) -> None:
    path = write(bop_folder, **changes)
    with pytest.raises(DatasetError, match=f"test_targets_bop19.json: {message}"):
        targeted(read_split(bop_folder, "val"), read_targets(path), path)
