"""Augmentation keeps labels exact, and does the same by tensors as by OpenCV."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fpgnas_core.object_model import ObjectModel
from training.data import device_painting, painting
from training.data.augmentation import MID_GREY, NO_BLUR, Changes, Looks, draw_changes, random_warps, similarities
from training.data.batches import augmented_batches
from training.data.crop_pixels import COORDINATES, MASK, OTHERS, PICTURE, PLANES, CropPixels
from training.data.crops import CropSet, load_crops
from training.rendering.sensor import DEFOCUS, LOW_RESOLUTION, MOTION

SIZE = 128
KEYPOINTS = np.array([[35, 45], [90, 60], [60, 95]], np.float32)
MODEL = ObjectModel(1, "thing", np.zeros((3, 3)), 0.1, (0.1, 0.1, 0.1), (0.0, 0.0, 0.0))


def crops_of(planes: NDArray[np.uint8], keypoints_px: NDArray[np.float32]) -> CropSet:
    """Crops of one object, a metre ahead."""
    count = len(planes)
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, 2, 3] = 1
    keypoints = np.tile(keypoints_px, (count, 1, 1)).astype(np.float32)
    intrinsics = np.tile([100.0, 100, 64, 64], (count, 1))
    shown, index = np.ones(count, bool), np.zeros(count, np.int64)
    return CropSet((MODEL,), CropPixels.of(planes), shown, keypoints, index, poses, intrinsics, Path())


def plain_changes(count: int, strength: float = 1.0) -> Changes:
    """Warps alone."""
    crops = crops_of(np.zeros((count, PLANES, SIZE, SIZE), np.uint8), KEYPOINTS)
    changes = draw_changes(np.random.default_rng(3), crops, strength)
    return changes._replace(
        covers=np.zeros_like(changes.covers),
        saturations=np.ones(count),
        gains=np.ones((count, 3)),
        gammas=np.ones(count),
        offsets=np.zeros((count, 3)),
        blur_kinds=np.full(count, NO_BLUR),
        noise_sigmas=np.zeros(count),
        qualities=np.zeros(count, np.int64),
    )


def scene(count: int) -> NDArray[np.uint8]:
    """Smooth pictures with a bright rectangle, which is the object."""
    rng = np.random.default_rng(5)
    planes = np.zeros((count, PLANES, SIZE, SIZE), np.uint8)
    for crop in planes:
        for plane in (0, 1, 2, 4, 5, 6):
            crop[plane] = cv2.resize(
                rng.integers(20, 200, (8, 8), np.uint8), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC
            )
        crop[MASK, 40:90, 30:100] = 255
        crop[OTHERS, 70:110, 10:60] = 3
        crop[PICTURE, 40:90, 30:100] //= 2
    return planes


def both(planes: NDArray[np.uint8], changes: Changes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    by_tensors = device_painting.paint(torch.from_numpy(planes), changes, torch.Generator().manual_seed(0))
    return painting.paint(planes, changes).astype(np.float32), by_tensors.numpy()


def test_tensors_warp_as_opencv_does() -> None:
    """To OpenCV's 32nd of a pixel; every kind of border is among them."""
    planes, changes = scene(12), plain_changes(12)
    assert set(changes.borders) == {0, 1, 2}
    expected, got = both(planes, changes)
    assert np.abs(expected - got)[:, PICTURE].mean() < 0.5
    assert np.quantile(np.abs(expected - got)[:, PICTURE], 0.999) < 8
    assert (np.abs(expected - got)[:, MASK] > 16).mean() < 0.002
    assert (expected != got)[:, OTHERS].mean() < 0.002
    assert set(np.unique(got[:, OTHERS])) == {0, 3}
    inside = (expected[:, MASK] == 255) & (got[:, MASK] == 255)
    assert np.abs(expected - got)[:, COORDINATES][np.repeat(inside, 3, axis=1)].mean() < 0.3


@pytest.mark.parametrize("kind", [DEFOCUS, LOW_RESOLUTION, MOTION])
def test_tensors_blur_as_opencv_does(kind: int) -> None:
    planes, changes = scene(8), plain_changes(8)
    amounts = np.linspace(1.0, 2.0, 8)
    changed = changes._replace(blur_kinds=np.full(8, kind), blur_amounts=amounts)
    plain = both(planes, changes)[0]
    expected, got = both(planes, changed)
    inner = np.s_[:, PICTURE, 6:-6, 6:-6]
    assert np.abs(expected - got)[inner].mean() < 0.6
    assert np.abs(expected - plain)[inner].max() > 10


def test_tensors_expose_cover_and_saturate_as_opencv_does() -> None:
    planes, changes = scene(16), plain_changes(16)
    drawn = draw_changes(np.random.default_rng(1), crops_of(planes, KEYPOINTS), 0.8, Looks(colours=0.7))
    assert (drawn.covers[:, :, 2] > 0).any()
    taken = {
        name: getattr(drawn, name)
        for name in ("covers", "cover_colours", "cover_mirrors", "gains", "gammas", "offsets")
    }
    expected, got = both(planes, changes._replace(saturations=np.linspace(0, 2, 16), **taken))
    assert np.abs(expected - got)[:, PICTURE].mean() < 1.0
    assert (np.abs(expected - got)[:, MASK] > 16).mean() < 0.002
    assert (expected != got)[:, OTHERS].mean() < 0.002
    assert (expected[:, OTHERS] > 0).mean() < (both(planes, changes)[0][:, OTHERS] > 0).mean()


def test_tensors_compress_as_jpeg_does() -> None:
    planes, changes = scene(12), plain_changes(12)
    qualities = np.linspace(45, 95, 12).astype(np.int64)
    expected, got = both(planes, changes._replace(qualities=qualities))
    plain = both(planes, changes)[0]
    off, effect = np.abs(expected - got)[:, PICTURE].mean(), np.abs(expected - plain)[:, PICTURE].mean()
    assert off < 0.5 * effect


def test_noise_has_the_same_strength() -> None:
    planes = np.full((6, PLANES, SIZE, SIZE), 128, np.uint8)
    sigmas, coarse = np.array([2.0, 2, 5, 5, 9, 9]), np.array([True, False] * 3)
    changes = plain_changes(6)._replace(noise_sigmas=sigmas, noise_coarse=coarse, borders=np.zeros(6, np.int64))
    for found in both(planes, changes):
        np.testing.assert_allclose(found[:, PICTURE].std(axis=(1, 2, 3)), sigmas, rtol=0.05)
        steps = np.diff(found[:, PICTURE], axis=3).std(axis=(1, 2, 3)) / sigmas
        np.testing.assert_allclose(steps, np.where(coarse, 1.0, np.sqrt(2)), rtol=0.08)


def test_keypoint_stays_on_the_spot_it_marks() -> None:
    """A white dot on black is still under its keypoint after the warp, by either way."""
    planes = np.zeros((20, PLANES, SIZE, SIZE), np.uint8)
    for crop in planes:
        crop[:] = cv2.circle(np.zeros((SIZE, SIZE), np.uint8), (70, 58), 4, 255, -1)
    spot = np.array([[66, 58], [74, 58], [70, 58]], np.float32)
    changes = draw_changes(np.random.default_rng(0), crops_of(planes, spot), 0.5)
    keypoints = spot[2] @ changes.warps[:, :, :2].transpose(0, 2, 1) + changes.warps[:, :, 2]
    for found in both(planes, changes):
        seen = 0
        for crop, keypoint in zip(found, keypoints, strict=True):
            rows, columns = np.nonzero(crop[MASK][0] > 127)
            assert np.all(crop[COORDINATES][:, crop[MASK][0] >= 254.9] == 255)
            if len(rows) < 30:  # covered, or out of the picture
                continue
            seen += 1
            np.testing.assert_allclose(keypoint, [columns.mean(), rows.mean()], atol=0.6)
        assert seen >= 10


def test_labels_of_a_batch_fit_its_camera(dataset: str) -> None:
    """Keypoints of the pose, seen by the camera of the warped picture, are the batch's keypoints."""
    batch = next(augmented_batches(load_crops(dataset, ("train",), 5, 64), 32, 1, 0.5, 0, 1))
    geometry, pixels = batch.targets.geometry, batch.targets.keypoints_px
    seen = geometry.keypoints @ geometry.poses[:, :3, :3].transpose(1, 2) + geometry.poses[:, None, :3, 3]
    rays = pixels @ geometry.rays_from_px[:, :, :2].transpose(1, 2) + geometry.rays_from_px[:, None, :, 2]
    torch.testing.assert_close(rays, seen[..., :2] / seen[..., 2:], atol=1e-4, rtol=0)


def test_batches_are_fixed_by_seed_and_step(dataset: str) -> None:
    crops = load_crops(dataset, ("train",), 5, 64)
    unbroken = list(augmented_batches(crops, 8, 3, 0.7, 0, 4))
    resumed = list(augmented_batches(crops, 8, 3, 0.7, 2, 4))
    assert torch.equal(unbroken[2].images, resumed[0].images)
    assert torch.equal(unbroken[3].targets.keypoints_px, resumed[1].targets.keypoints_px)
    assert not torch.equal(unbroken[0].images, unbroken[1].images)


def rolls(count: int) -> NDArray[np.float64]:
    return np.full(count, 0.3)


def test_similarity_is_a_roll_with_a_zoom() -> None:
    warps = similarities(np.random.default_rng(0), SIZE, np.tile(KEYPOINTS, (50, 1, 1)), rolls(50))
    zooms = np.sqrt(np.linalg.det(warps[:, :, :2]))
    assert zooms.min() >= 0.5
    assert zooms.max() <= 2.0
    squares = warps[:, :, :2] @ warps[:, :, :2].transpose(0, 2, 1)
    np.testing.assert_allclose(squares, zooms[:, None, None] ** 2 * np.eye(2), atol=1e-9)


def test_most_crops_are_as_the_second_pass_takes_them() -> None:
    """The extent of the turned keypoints is brought to about 0.7 x 128 px near the centre."""
    turned = KEYPOINTS @ np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    warps = similarities(np.random.default_rng(0), SIZE, np.tile(KEYPOINTS, (400, 1, 1)), rolls(400))
    zooms = np.sqrt(np.linalg.det(warps[:, :, :2]))
    second_pass = zooms > 1.3
    assert 0.6 < second_pass.mean() < 0.8
    assert np.median(zooms[second_pass]) == pytest.approx(0.7 * 128 / (high - low).max(), rel=0.05)
    centre = (low + high) / 2 @ np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    middles = (warps[:, :, :2] @ centre + warps[:, :, 2])[second_pass]
    np.testing.assert_allclose(middles.mean(axis=0), 63.5, atol=1.5)


def turned_by(looks: Looks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Zooms, and rolls in radians."""
    warps = similarities(np.random.default_rng(0), SIZE, np.tile(KEYPOINTS, (400, 1, 1)), rolls(400), looks)
    return np.sqrt(np.linalg.det(warps[:, :, :2])), np.arctan2(warps[:, 1, 0], warps[:, 0, 0])


def test_shares_say_how_many_crops_are_as_each_pass_takes_them() -> None:
    zooms, turns = turned_by(Looks(second_pass=1.0, upright=0.5))
    assert (zooms > 1.2).mean() > 0.9  # some would be enlarged too much
    assert np.isclose(turns, 0.3).mean() == pytest.approx(0.5, abs=0.08)
    zooms, turns = turned_by(Looks(second_pass=0.0))
    assert (zooms < 1.3).all()
    assert not np.isclose(turns, 0.3).any()


def test_strength_zero_leaves_the_camera_perfect() -> None:
    crops = crops_of(scene(64), KEYPOINTS)
    changes = draw_changes(np.random.default_rng(2), crops, 0.0)
    assert (changes.gains == 1).all()
    assert (changes.blur_kinds == NO_BLUR).all()
    assert not changes.noise_sigmas.any()
    assert not changes.qualities.any()


def test_contrast_changes_about_a_middle_grey_on_eight_of_ten_crops() -> None:
    crops = crops_of(np.zeros((2000, PLANES, 1, 1), np.uint8), KEYPOINTS)
    changes = draw_changes(np.random.default_rng(2), crops, 0.0, Looks(colours=0.5))
    contrasts = 1 - changes.offsets / MID_GREY  # a picture of that grey alone would be left where brightness has it
    coloured = contrasts[:, 0] != 1
    assert coloured.mean() == pytest.approx(0.8, abs=0.03)
    logs = np.log(contrasts[coloured])
    assert logs.std() == pytest.approx(0.5 * np.hypot(0.35, 0.12), rel=0.05)
    assert (logs - logs.mean(axis=1, keepdims=True)).std() == pytest.approx(0.5 * 0.12 * np.sqrt(2 / 3), rel=0.05)
    colourful = changes.saturations[coloured & (changes.saturations > 0)]
    assert np.log(colourful).std() == pytest.approx(0.5 * 0.5, rel=0.05)


def test_colours_change_saturations_gains_and_offsets_alone() -> None:
    crops = crops_of(scene(16), KEYPOINTS)
    plain, coloured = (draw_changes(np.random.default_rng(2), crops, 0.5, Looks(colours=c)) for c in (0.0, 1.0))
    assert np.array_equal(plain.offsets, np.repeat(plain.offsets[:, :1], 3, axis=1))
    for name in set(Changes._fields) - {"saturations", "gains", "offsets"}:
        assert np.array_equal(getattr(plain, name), getattr(coloured, name))


def test_saturation_of_zero_is_grey_and_of_two_doubles_the_colour() -> None:
    planes = np.full((2, PLANES, SIZE, SIZE), 100, np.uint8)
    planes[:, 0] = 140  # red: the grey is 100 + 0.299 x 40 = 112
    changes = plain_changes(2)._replace(saturations=np.array([0.0, 2.0]), borders=np.zeros(2, np.int64))
    for found in both(planes, changes):
        np.testing.assert_allclose(found[0, PICTURE, 64, 64], [112, 112, 112], atol=1)
        np.testing.assert_allclose(found[1, PICTURE, 64, 64], [168, 88, 88], atol=1)


def test_crops_are_left_as_they_were() -> None:
    planes = scene(4)
    crops, before = crops_of(planes, KEYPOINTS), planes.copy()
    list(augmented_batches(replace(crops, objects=(MODEL,)), 4, 1, 1.0, 0, 3))
    assert np.array_equal(planes, before)


def test_object_far_from_the_middle_stays_there() -> None:
    corner = (KEYPOINTS * 0.4 + [75, 75]).astype(np.float32)
    warps = similarities(np.random.default_rng(1), SIZE, np.tile(corner, (50, 1, 1)), np.full(50, 0.3))
    middle = (corner.min(axis=0) + corner.max(axis=0)) / 2
    assert np.abs(warps[:, :, :2] @ middle + warps[:, :, 2] - middle).max() <= 0.12 * SIZE + 1e-6


def test_crop_without_an_object_is_seen_near_and_far_about_its_middle() -> None:
    crops = crops_of(np.zeros((300, PLANES, SIZE, SIZE), np.uint8), KEYPOINTS)
    crops.is_shown[::2] = False
    warps = random_warps(np.random.default_rng(2), crops)[::2]
    zooms = np.sqrt(np.linalg.det(warps[:, :, :2]))
    assert 0.8 <= zooms.min() < 0.9
    assert 1.8 < zooms.max() <= 2.0
    middle = np.full(2, (SIZE - 1) / 2)
    assert np.abs(warps[:, :, :2] @ middle + warps[:, :, 2] - middle).max() <= 0.12 * SIZE + 1e-6


def test_crops_of_standing_objects_are_rolled_little_for_the_first_pass() -> None:
    crops = crops_of(np.zeros((300, PLANES, SIZE, SIZE), np.uint8), KEYPOINTS)
    crops.is_shown[:] = False
    warps = random_warps(np.random.default_rng(2), crops, Looks(most_roll=np.radians(20)))
    rolled = np.degrees(np.arctan2(warps[:, 1, 0], warps[:, 0, 0]))
    assert np.abs(rolled).max() <= 20
    assert np.ptp(rolled) > 35
