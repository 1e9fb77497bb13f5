"""What the pose network is trained for: visible-part classes, votes, surface coordinates and sizes, with scales."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from training.learning.distance_loss import Geometry, distance_errors, inverse_variances, log_sizes, seen_enough
from training.learning.targets import Targets
from training.space.network import PoseGrid

LEAST_VISIBLE, COVERED = 0.3, 0.8
LOG_SCALE_RANGE = (-6.0, 4.0)
CLASS_WEIGHT, VOTE_WEIGHT, COORDINATE_WEIGHT, SIZE_WEIGHT, DISTANCE_WEIGHT = 5.0, 3.0, 20.0, 20.0, 20.0


class PoseLoss(NamedTuple):
    """Scalars. classes: cross-entropy a cell, of all objects together.  votes: mean |error| of a vote, strides.
    coordinates: mean |error| of a surface coordinate, box sizes.  sizes: mean |error| of a log size.  distances: sum of
    the errors that votes and coordinates make in the distance, in distances.  scales: negative log-likelihoods of
    votes, coordinates and sizes.
    """

    total: Tensor
    classes: Tensor
    votes: Tensor
    coordinates: Tensor
    sizes: Tensor
    distances: Tensor
    scales: Tensor


def pose_loss(grid: PoseGrid, targets: Targets, stride: int) -> PoseLoss:
    """Binary cross-entropy of the visible part; on it the errors of what its cells say and their scales' likelihood.

    The cross-entropy is summed over the objects, so that each is learned to be found as one alone is.

    Without coordinates votes stay for long at the mean over all rotations, while a coordinate is local and is learned
    from the start.

    A vote that is off by e strides with log-scale s costs VOTE_WEIGHT e + (e exp(-s) + s), where the likelihood
    (Kendall and Gal 2017) trains the scale alone: left to train the votes too, its gradient fades as 1 / exp(s) while
    votes are far off, and they stay there.
    """
    share = functional.avg_pool2d(targets.masks, stride)[:, 0]
    weight = share * (share > LEAST_VISIBLE)
    weight = weight / weight.sum().clamp_min(1.0)
    if len(targets.symmetric):
        targets = _nearest_equivalents(grid, targets, stride, share, weight)
    shown = _classes(targets, grid, stride, share)
    classes = functional.binary_cross_entropy_with_logits(grid.class_logits, shown) * shown.shape[1]
    vote_errors = _vote_errors(grid, targets.keypoints_px, stride)
    surface_errors = _surface_errors(grid, targets, stride, share)
    size_errors = (grid.log_sizes - log_sizes(targets.geometry)[:, None, None, None]).abs()
    votes = (vote_errors.mean(dim=1) * weight).sum()
    coordinates = (surface_errors.mean(dim=1) * weight).sum()
    sizes = (size_errors[:, 0] * weight).sum()
    likelihoods = (
        _likelihood(vote_errors, grid.keypoint_log_scales)
        + _likelihood(surface_errors, grid.surface_log_scales)
        + _likelihood(size_errors, grid.size_log_scales)
    )
    scales = (likelihoods * weight).sum()
    distances = _distance_loss(grid, targets.geometry, share, stride)
    total = CLASS_WEIGHT * classes + VOTE_WEIGHT * votes + COORDINATE_WEIGHT * coordinates + scales
    total = total + SIZE_WEIGHT * sizes + DISTANCE_WEIGHT * distances
    return PoseLoss(total, *(part.detach() for part in (classes, votes, coordinates, sizes, distances, scales)))


def _classes(targets: Targets, grid: PoseGrid, stride: int, share: Tensor) -> Tensor:
    """(N, n_objects, h, w): the share of each cell that shows each object, the others beside the crop's too."""
    count = grid.class_logits.shape[1]
    if count == 1:
        return share[:, None]
    crop, _, y, x = targets.others.nonzero(as_tuple=True)
    place = crop, targets.others[crop, 0, y, x].long() - 1, y // stride, x // stride
    shown = share.new_zeros(len(share), count, *share.shape[1:])
    shown.index_put_(place, share.new_tensor(1 / stride**2), accumulate=True)
    shown[torch.arange(len(shown), device=share.device), targets.object_index] = share
    return shown


@torch.no_grad()
def _nearest_equivalents(grid: PoseGrid, targets: Targets, stride: int, share: Tensor, weight: Tensor) -> Targets:
    """Of each symmetric crop the pose, among those that look the same, whose votes and coordinates cost least now.

    One pose for all cells of a crop: cells that each took the nearest would agree on none.
    """
    chosen = targets.symmetric
    own, part = targets.take(chosen), PoseGrid(*(output[chosen] for output in grid))
    share, weight = share[chosen], weight[chosen]
    costs = []
    for number in range(targets.symmetries.shape[1]):
        candidate = own.under(targets.symmetries[:, number])
        errors = VOTE_WEIGHT * _vote_errors(part, candidate.keypoints_px, stride).mean(dim=1)
        errors = errors + COORDINATE_WEIGHT * _surface_errors(part, candidate, stride, share).mean(dim=1)
        costs.append((errors * weight).sum(dim=(1, 2)))
    best = torch.stack(costs, dim=1).argmin(dim=1)
    ways = targets.symmetries[torch.arange(len(best), device=best.device), best]
    return targets.replaced(chosen, own.under(ways))


def _distance_loss(grid: PoseGrid, geometry: Geometry, share: Tensor, stride: int) -> Tensor:
    """Mean over the objects of the distance's errors by fused votes and by surface coordinates, fused as on the robot.

    What a cell at the outline sees lies to one side of its centre, so that only covered cells count by their surface.
    """
    batch, count, height, width = grid.keypoint_log_scales.shape
    centres = cell_centres(height, width, stride, share.device)
    votes = grid.keypoint_offsets.view(batch, count, 2, height, width) * stride + centres
    voting = share * (share > LEAST_VISIBLE)
    sure = (voting[:, None] * inverse_variances(grid.keypoint_log_scales))[:, :, None]
    fused = (votes * sure).sum(dim=(3, 4)) / sure.sum(dim=(3, 4)).clamp_min(1e-9)
    by_votes = distance_errors(geometry.keypoints, fused, torch.ones_like(fused[..., 0]), geometry)
    points = (
        grid.surface_coordinates.flatten(2).transpose(1, 2) * geometry.box_size[:, None] + geometry.box_center[:, None]
    )
    pixels = centres.flatten(1).T.expand(batch, -1, -1)
    covered = (share > COVERED).to(share)
    weights = (covered * inverse_variances(grid.surface_log_scales[:, 0])).flatten(1)
    by_surface = distance_errors(points, pixels, weights, geometry) * seen_enough(covered)
    return (by_votes * seen_enough(voting) + by_surface).mean()


def _likelihood(errors: Tensor, log_scales: Tensor) -> Tensor:
    """(N, h, w): the mean negative log-likelihood of the scales alone; errors, log_scales: (N, channels, h, w)."""
    scale = log_scales.clamp(*LOG_SCALE_RANGE)
    return (errors.detach() * torch.exp(-scale) + scale).mean(dim=1)


def _surface_errors(grid: PoseGrid, targets: Targets, stride: int, share: Tensor) -> Tensor:
    """(N, 1, h, w): mean over the axes of the error against the mean over each cell's visible pixels."""
    truth = functional.avg_pool2d(targets.coordinates * targets.masks, stride) / share[:, None].clamp_min(1e-3)
    return (grid.surface_coordinates - truth).abs().mean(dim=1, keepdim=True)


def _vote_errors(grid: PoseGrid, keypoints_px: Tensor, stride: int) -> Tensor:
    """(N, K, h, w): mean over the axes of the absolute error of each vote, strides."""
    batch, count, height, width = grid.keypoint_log_scales.shape
    offsets = grid.keypoint_offsets.view(batch, count, 2, height, width)
    centres = cell_centres(height, width, stride, offsets.device)
    return (offsets - (keypoints_px[..., None, None] - centres) / stride).abs().mean(dim=2)


def cell_centres(height: int, width: int, stride: int, device: torch.device | None = None) -> Tensor:
    """(2, height, width): x and y of each cell's centre, input pixels (pixel centres at integers)."""
    rows = (torch.arange(height, device=device) + 0.5) * stride - 0.5
    columns = (torch.arange(width, device=device) + 0.5) * stride - 0.5
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])
