"""Pictures out of files and bytes."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from training.data.pictures import decode_runs, read_colour, read_depth, read_mask
from training.errors import DatasetError


def test_runs_go_down_the_columns_and_begin_outside_of_the_mask() -> None:
    mask = decode_runs({"size": [2, 3], "counts": [1, 2, 2, 1]}, "a")
    assert mask.tolist() == [[False, True, False], [True, False, True]]


def test_runs_may_begin_inside_of_the_mask() -> None:
    assert decode_runs({"size": [1, 3], "counts": [0, 2, 1]}, "a").tolist() == [[True, True, False]]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"size": [2, 3], "counts": [1, 2]}, "counts: expected runs of 3x2 px in all, got 3 px"),
        ({"size": [2, 3], "counts": [7, -1]}, "expected runs of 3x2"),
        ({"size": [2, 3], "counts": "PPYo1"}, "counts, a list of run lengths"),
        ({"size": [2], "counts": [2]}, "size"),
        ({"counts": [2]}, "size"),
        ([1, 2], "size"),
    ],
)
def test_impossible_runs_are_refused(entry: Any, message: str) -> None:
    with pytest.raises(DatasetError, match=f"k.mask.json: object 0: .*{message}"):
        decode_runs(entry, "k.mask.json: object 0")


def test_gray_tiff_becomes_three_equal_channels(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.tif"), np.array([[7, 200]], np.uint8))
    assert read_colour(tmp_path / "a.tif").tolist() == [[[7, 7, 7], [200, 200, 200]]]


def test_tiff_depth_keeps_16_bits(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.tif"), np.array([[0, 41234]], np.uint16))
    assert read_depth(tmp_path / "a.tif").tolist() == [[0, 41234]]


def test_colour_image_is_no_depth(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 5, 3), np.uint8))
    with pytest.raises(DatasetError, match=r"a.png: expected one channel of 16 bits, got uint8 of shape \(4, 5, 3\)"):
        read_depth(tmp_path / "a.png")


def test_missing_and_damaged_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a.png: expected an image, got no file"):
        read_mask(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"broken")
    with pytest.raises(DatasetError, match=r"a.png: expected an image, got an unreadable one of 6 bytes"):
        read_mask(tmp_path / "a.png")
