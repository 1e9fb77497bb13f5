"""Symmetric objects: what a step learns does not depend on which of the poses that look the same is called true."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import exp_rotation, make_transform, transform_points
from fpgnas_core.symmetry import ContinuousSymmetry
from training.data.batches import plain_batches
from training.data.crop_pixels import COORDINATES, MASK, PLANES, CropPixels
from training.data.crops import CropSet, project
from training.learning.loss import PoseLoss, pose_loss
from training.space.network import PoseGrid

SIZE, STRIDE, K = 64, 8, 5
POINTS = np.array([[0.0, 0, 0], [0.04, 0.01, 0.02], [-0.03, 0.02, -0.02], [0.01, -0.03, 0.03], [0.02, 0.03, -0.04]])
PLAIN = ObjectModel(1, "plain", POINTS, 0.1, (0.1, 0.1, 0.1), (0.0, 0.0, 0.0))
HALF_TURN = make_transform(np.diag([-1.0, -1.0, 1.0]), [0, 0, 0])
TWOFOLD = replace(PLAIN, object_id=2, name="twofold", symmetries_discrete=HALF_TURN[None])
ROUND = replace(PLAIN, object_id=3, name="round", symmetries_continuous=(ContinuousSymmetry((0.0, 0.0, 1.0)),))


def crops(objects: tuple[ObjectModel, ...], poses: list[np.ndarray]) -> CropSet:
    """One crop of each object; the middle of it shows a flat thing that turns with the object, as depth would say."""
    count, index = len(objects), np.arange(len(objects))
    truth, intrinsics = np.array(poses), np.tile([300.0, 300, 31.5, 31.5], (count, 1))
    planes = np.zeros((count, PLANES, SIZE, SIZE), np.uint8)
    planes[:, MASK, 16:48, 16:48] = 255
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    seen = np.stack([(columns - 31.5) / 300, (rows - 31.5) / 300, np.ones((SIZE, SIZE))], axis=-1) * 0.5
    for crop, pose in zip(planes, truth, strict=True):
        places = transform_points(np.linalg.inv(pose), seen.reshape(-1, 3)).reshape(SIZE, SIZE, 3)
        crop[COORDINATES] = np.round(((places / 0.1 + 0.5) * 255).clip(0, 255)).astype(np.uint8).transpose(2, 0, 1)
    keypoints = project(np.tile(POINTS, (count, 1, 1)), truth, intrinsics).astype(np.float32)
    shown = np.ones(len(planes), bool)
    return CropSet(objects, CropPixels.of(planes), shown, keypoints, index, truth, intrinsics, Path())


POSE = make_transform(exp_rotation([0.4, -0.3, 0.7]), [0.0, 0.0, 0.5])


def network_output(n_objects: int) -> PoseGrid:
    rng = torch.Generator().manual_seed(4)
    sides = (SIZE // STRIDE, SIZE // STRIDE)
    parts = [torch.randn(n_objects, c, *sides, generator=rng) for c in (n_objects, 2 * K, K, 3, 1, 1, 1)]
    return PoseGrid(*(part.requires_grad_(True) for part in parts))


def loss_of(objects: tuple[ObjectModel, ...], poses: list[np.ndarray]) -> tuple[PoseLoss, PoseGrid]:
    grid = network_output(len(objects))
    loss = pose_loss(grid, next(plain_batches(crops(objects, poses), len(objects))).targets, STRIDE)
    loss.total.backward()
    return loss, grid


@pytest.mark.parametrize(
    ("model", "symmetry"),
    [(TWOFOLD, HALF_TURN), (ROUND, ROUND.symmetries_continuous[0].turn(2 * np.pi * 5 / 64))],
)
def test_step_is_the_same_for_poses_that_look_the_same(model: ObjectModel, symmetry: np.ndarray) -> None:
    """Beside an object without symmetries; loss and gradients, to the rounding of the coordinates' bytes."""
    objects = (model, replace(PLAIN, object_id=9))
    one, grid = loss_of(objects, [POSE, POSE])
    other, other_grid = loss_of(objects, [POSE @ symmetry, POSE])
    for expected, got in zip(one, other, strict=True):
        torch.testing.assert_close(got, expected, atol=2e-2, rtol=2e-3)
    torch.testing.assert_close(other_grid.keypoint_offsets.grad, grid.keypoint_offsets.grad)


def test_without_symmetry_another_pose_pulls_elsewhere() -> None:
    objects = (PLAIN, replace(PLAIN, object_id=9))
    one, other = (loss_of(objects, [pose, POSE])[1].keypoint_offsets.grad for pose in (POSE, POSE @ HALF_TURN))
    assert not torch.equal(one, other)


def test_nearer_of_two_poses_is_learned() -> None:
    """A network that says what the turned pose implies has nothing to learn."""
    turned = next(plain_batches(crops((TWOFOLD,), [POSE @ HALF_TURN]), 1)).targets
    truth = next(plain_batches(crops((TWOFOLD,), [POSE]), 1)).targets
    side = (torch.arange(SIZE // STRIDE) + 0.5) * STRIDE - 0.5
    centres = torch.stack(torch.meshgrid(side, side, indexing="xy"))
    offsets = ((turned.keypoints_px[0, :, :, None, None] - centres) / STRIDE).flatten(0, 1)[None]
    surface = torch.nn.functional.avg_pool2d(turned.coordinates, STRIDE)
    flat = torch.zeros(1, 1, *surface.shape[2:])
    loss = pose_loss(PoseGrid(flat, offsets, flat.expand(-1, K, -1, -1), surface, flat, flat, flat), truth, STRIDE)
    assert float(loss.votes) < 1e-4
    assert float(loss.coordinates) < 0.004


def test_equivalents_see_what_depth_says() -> None:
    """Coordinates and keypoints of the turned pose, as if it had been the pose that was rendered."""
    expected = next(plain_batches(crops((TWOFOLD,), [POSE @ HALF_TURN]), 1)).targets
    got = next(plain_batches(crops((TWOFOLD,), [POSE]), 1)).targets
    got = got.under(torch.from_numpy(HALF_TURN).float()[None])
    torch.testing.assert_close(got.keypoints_px, expected.keypoints_px, atol=1e-3, rtol=0)
    inside = expected.masks.expand(-1, 3, -1, -1) > 0
    torch.testing.assert_close(got.coordinates[inside], expected.coordinates[inside], atol=0.005, rtol=0)
