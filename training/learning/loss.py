"""What the pose network is trained for: visible-part classes and keypoint votes with learned scales."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from training.space.network import PoseGrid

LEAST_VISIBLE = 0.3
LOG_SCALE_RANGE = (-5.0, 4.0)
ABSOLUTE_WEIGHT = 0.1


class Targets(NamedTuple):
    """Labels of a batch of crops with one object each.

    masks: (N, 1, H, W) float, 1 on the visible object.  object_index: (N,) its place among the network's objects.
    keypoints_px: (N, K, 2) projections, input pixels, symmetric equivalents resolved.
    """

    masks: Tensor
    object_index: Tensor
    keypoints_px: Tensor


class PoseLoss(NamedTuple):
    """total = classes + votes; each is a scalar."""

    total: Tensor
    classes: Tensor
    votes: Tensor


def pose_loss(grid: PoseGrid, targets: Targets, stride: int) -> PoseLoss:
    """Binary cross-entropy of the visible part, and the Laplace negative log-likelihood of the votes on it.

    A vote of offset o and log-scale s for the true offset t costs |o - t| exp(-s) + s per axis (Kendall and Gal 2017);
    a small plain |o - t| keeps far, unsure votes learning.
    """
    share = functional.avg_pool2d(targets.masks, stride)[:, 0]
    truth = torch.zeros_like(grid.class_logits)
    truth[torch.arange(len(truth)), targets.object_index] = share
    classes = functional.binary_cross_entropy_with_logits(grid.class_logits, truth, reduction="none")
    weight = share * (share > LEAST_VISIBLE)
    votes = (_vote_cost(grid, targets.keypoints_px, stride) * weight).sum() / weight.sum().clamp_min(1.0)
    class_loss = 20.0 * classes.mean()
    return PoseLoss(class_loss + votes, class_loss.detach(), votes.detach())


def _vote_cost(grid: PoseGrid, keypoints_px: Tensor, stride: int) -> Tensor:
    """(N, h, w): mean over keypoints and axes."""
    batch, count, height, width = grid.keypoint_log_scales.shape
    offsets = grid.keypoint_offsets.view(batch, count, 2, height, width)
    centres = cell_centres(height, width, stride, offsets.device)
    truth = (keypoints_px[..., None, None] - centres) / stride
    scale = grid.keypoint_log_scales.clamp(*LOG_SCALE_RANGE)[:, :, None]
    error = (offsets - truth).abs()
    return (error * torch.exp(-scale) + scale + ABSOLUTE_WEIGHT * error).mean(dim=(1, 2))


def cell_centres(height: int, width: int, stride: int, device: torch.device | None = None) -> Tensor:
    """(2, height, width): x and y of each cell's centre, input pixels (pixel centres at integers)."""
    rows = (torch.arange(height, device=device) + 0.5) * stride - 0.5
    columns = (torch.arange(width, device=device) + 0.5) * stride - 0.5
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])
