"""Crops as the second pass takes them: pose, camera and picture stay in agreement."""

import numpy as np
import pytest

from fpgnas_core.se3 import transform_points
from training.data.crop_pixels import MASK
from training.data.crops import load_crops
from training.data.second_pass import MOST_ZOOM, as_second_pass, second_pass_warps, zooms_of
from training.errors import DatasetError


def test_warp_brings_the_extent_to_the_middle_by_hand() -> None:
    """Points 40 px apart on a row; a quarter turn puts them on a column, 0.7 of 100 px apart."""
    keypoints = np.array([[10.0, 30.0], [50.0, 30.0]], np.float32)
    (warp,) = warps = second_pass_warps(100, keypoints[None], np.array([np.pi / 2]))
    assert zooms_of(warps)[0] == pytest.approx(70 / 40)
    np.testing.assert_allclose(keypoints @ warp[:, :2].T + warp[:, 2], [[49.5, 14.5], [49.5, 84.5]], atol=1e-4)


def test_pose_and_camera_project_to_the_moved_keypoints(dataset: str) -> None:
    crops = as_second_pass(load_crops(dataset, ("train",), 5, 64), seed=1)
    assert len(crops) > 20
    for index in range(len(crops)):
        points = transform_points(crops.T_camera_object[index], crops.objects[0].keypoints)
        np.testing.assert_allclose(crops.camera(index).project(points), crops.keypoints_px[index], atol=0.01)
        assert np.ptp(crops.keypoints_px[index], axis=0).max() == pytest.approx(0.7 * 64, abs=0.01)


def test_upright_axis_mostly_points_up(dataset: str) -> None:
    """But for the first pass's errors, and where it is seen from its end."""
    crops = as_second_pass(load_crops(dataset, ("train",), 5, 64), seed=1)
    axes = crops.T_camera_object[:, :3, :3] @ np.array(crops.objects[0].upright_axis)
    assert (axes[:, 1] < 0).mean() > 0.9


def test_mask_moves_with_the_object(dataset: str) -> None:
    crops = as_second_pass(load_crops(dataset, ("train",), 5, 64), seed=1)
    rows, columns = np.nonzero(crops.pixels.read()[0, MASK][0] > 127)
    assert np.hypot(columns.mean() - 31.5, rows.mean() - 31.5) < 12


def test_crops_too_small_are_refused(dataset: str) -> None:
    crops = load_crops(dataset, ("train",), 5, 64)
    extent = np.ptp(crops.keypoints_px, axis=1).max(axis=1)
    small = crops.take(np.nonzero(extent < 0.9 * 0.7 * 64 / MOST_ZOOM / np.sqrt(2))[0])
    with pytest.raises(DatasetError, match="validation crops: expected some whose keypoints span 22 px or more"):
        as_second_pass(small, seed=1)
