"""Augmentation keeps labels exact."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from training.data.augmentation import Crop, augment, similarity, surroundings


def crop_of(picture: NDArray[np.uint8], mask: NDArray[np.uint8], keypoints_px: NDArray[np.float32]) -> Crop:
    """The surface coordinates are the picture; a ray is a pixel, halved."""
    return Crop(picture, mask, picture, keypoints_px, 0.5 * np.eye(2, 3), np.eye(4), 0)


def test_rays_of_moved_pixels_stay_those_of_the_camera() -> None:
    picture = np.zeros((128, 128, 3), np.uint8)
    for seed in range(20):
        found = augment(np.random.default_rng(seed), crop_of(picture, picture[..., 0], KEYPOINTS), 0.3, 0.0)
        rays = found.keypoints_px @ found.rays_from_px[:, :2].T + found.rays_from_px[:, 2]
        np.testing.assert_allclose(rays, 0.5 * KEYPOINTS, atol=1e-3)


def test_keypoint_stays_on_the_spot_it_marks() -> None:
    """A white dot on black is still under its keypoint after the warp."""
    seen = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        picture = np.zeros((128, 128, 3), np.uint8)
        cv2.circle(picture, (70, 58), 4, (255, 255, 255), -1)
        spot = np.array([[66, 58], [74, 58], [70, 58]], np.float32)
        found = augment(rng, crop_of(picture, picture[..., 0].copy(), spot), 0.0, 0.5)
        rows, columns = np.nonzero(found.mask > 127)
        assert np.all(found.coordinates[found.mask == 255] == 255)
        if len(rows) < 30:  # covered, or out of the picture
            continue
        seen += 1
        np.testing.assert_allclose(found.keypoints_px[2], [columns.mean(), rows.mean()], atol=0.6)
    assert seen >= 10


KEYPOINTS = np.array([[35, 45], [90, 60], [60, 95]], np.float32)


def test_similarity_is_a_roll_with_a_zoom() -> None:
    for seed in range(50):
        linear = similarity(np.random.default_rng(seed), 128, KEYPOINTS, 0.3)[:, :2]
        zoom = np.sqrt(np.linalg.det(linear))
        assert 0.5 <= zoom <= 2.0
        np.testing.assert_allclose(linear @ linear.T, zoom**2 * np.eye(2), atol=1e-9)


def test_most_crops_are_as_the_second_pass_takes_them() -> None:
    """The extent of the turned keypoints is brought to about 0.7 x 128 px near the centre."""
    turned = KEYPOINTS @ np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    warps = [similarity(np.random.default_rng(seed), 128, KEYPOINTS, 0.3) for seed in range(400)]
    zooms = np.array([np.sqrt(np.linalg.det(warp[:, :2])) for warp in warps])
    second_pass = zooms > 1.3
    assert 0.6 < second_pass.mean() < 0.8
    assert np.median(zooms[second_pass]) == pytest.approx(0.7 * 128 / (high - low).max(), rel=0.05)
    centre = (low + high) / 2 @ np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    middles = np.array([warp[:, :2] @ centre + warp[:, 2] for warp in warps])[second_pass]
    np.testing.assert_allclose(middles.mean(axis=0), 63.5, atol=1.5)


def test_same_generator_gives_the_same_crop() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (64, 64, 3), np.uint8)
    crop = crop_of(picture, np.full((64, 64), 255, np.uint8), KEYPOINTS)
    first, second = (augment(np.random.default_rng(9), crop, 0.3, 1.0) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a, b)


def test_inputs_are_left_as_they_were() -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (64, 64, 3), np.uint8)
    before = picture.copy()
    for seed in range(10):
        augment(np.random.default_rng(seed), crop_of(picture, picture[..., 0].copy(), KEYPOINTS), 0.3, 1.0)
    assert np.array_equal(picture, before)


def test_crop_without_an_object_stays_one_and_is_seen_near_and_far() -> None:
    zooms = [np.sqrt(np.linalg.det(surroundings(np.random.default_rng(seed), 128)[:, :2])) for seed in range(200)]
    assert 0.8 <= min(zooms) < 0.9
    assert 1.8 < max(zooms) <= 2.0
    blank = np.zeros((128, 128), np.uint8)
    found = augment(np.random.default_rng(0), crop_of(np.full((128, 128, 3), 9, np.uint8), blank, KEYPOINTS), 0.0, 1.0)
    assert not found.mask.any()


def test_object_far_from_the_middle_stays_there() -> None:
    corner = KEYPOINTS * 0.4 + [75, 75]
    for seed in range(50):
        warp = similarity(np.random.default_rng(seed), 128, corner, 0.3)
        middle = (corner.min(axis=0) + corner.max(axis=0)) / 2
        assert np.abs(warp[:, :2] @ middle + warp[:, 2] - middle).max() <= 0.12 * 128
