"""From the network's grids to instances: group cells by voted centre, fuse their votes robustly."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from fpgnas_core.arrays import FloatArray, IntArray, checked

SMALLEST_RADIUS = 1.5
"""Cells whose voted centres are this near each other belong together, strides."""
SMALLEST_FILL = 0.05
"""An instance needs cells on this share of the area that its keypoints span."""

_LARGEST_INSTANCES = 32  # per object
_SHIFTS = 3
_ROBUST_STEPS = 4
_CAUCHY = 2.0  # a vote this many standard deviations off counts half
_SMALLEST_SIGMA = 0.02  # strides; a vote surer than this would silence the others
_LOG_SCALES = (-6.0, 5.0)
_MOST_VOTERS = 128  # more cells share the same errors and only cost time


@dataclass(frozen=True, eq=False)
class Votes:
    """What the cells of one instance agree on."""

    object_index: int
    """Channel of the class logits."""
    confidence: float
    """Mean of the cells' confidences, weighted by themselves, 0 to 1."""
    keypoints_px: FloatArray
    """(K, 2) pixels of the network's input."""
    covariances: FloatArray
    """(K, 2, 2), px^2."""
    cells: IntArray
    """(n, 2), row and column."""
    cell_confidences: FloatArray
    """(n,), 0 to 1: also how much of each cell the object covers."""
    surface: FloatArray
    """(n, 3), where in the object's box each cell sees its surface, -0.5 to 0.5 an axis."""
    surface_sigmas: FloatArray
    """(n,), standard deviations of that, in boxes."""


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cells above the threshold and their votes."""

    cells: IntArray
    confidences: FloatArray
    points: FloatArray  # (n, K, 2), pixels
    variances: FloatArray  # (n, K), px^2
    surface: FloatArray  # (n, 3)
    surface_sigmas: FloatArray  # (n,)

    def take(self, chosen: IntArray | NDArray[np.bool_]) -> "_Cells":
        return _Cells(*(getattr(self, field.name)[chosen] for field in fields(self)))


def decode(
    class_logits: ArrayLike,
    keypoint_offsets: ArrayLike,
    keypoint_log_scales: ArrayLike,
    surface_coordinates: ArrayLike,
    surface_log_scales: ArrayLike,
    stride: int,
    threshold: float,
) -> list[Votes]:
    """Return the instances in the grids of one image, the most confident first.

    `class_logits` (C, h, w), `keypoint_offsets` (2K, h, w) in strides from the cell's centre, and
    `keypoint_log_scales` (K, h, w), natural log of the Laplace scale in strides; the first keypoint is
    the centre. `surface_coordinates` (3, h, w) are where in the object's box a cell sees its surface, in
    boxes, and `surface_log_scales` (1, h, w) the log of their Laplace scale. Cell (row, column) has its
    centre at ((column + 0.5) * stride - 0.5, ...). Cells count from confidence `threshold`. A Laplace
    vote of scale b has variance 2 b^2 per axis; votes of one instance share their errors, so their number
    does not divide the variance: the fused covariance is the mean of the variances plus the disagreement
    of the votes. Raises ShapeError.
    """
    log_scales = checked("keypoint_log_scales", keypoint_log_scales, (None, None, None))
    n_keypoints, *size = log_scales.shape
    offsets = checked("keypoint_offsets", keypoint_offsets, (2 * n_keypoints, *size))
    surface = checked("surface_coordinates", surface_coordinates, (3, *size))
    surface_scales = checked("surface_log_scales", surface_log_scales, (1, *size))
    confidences = expit(checked("class_logits", class_logits, (None, *size)))
    found = []
    for index, confidence in enumerate(confidences):
        above = confidence >= threshold
        places = np.argwhere(above)
        if not len(places):
            continue
        points, variances = _keypoint_votes(offsets[:, above], log_scales[:, above], places, stride)
        sigmas = _sigma(surface_scales[0, above])
        cells = _Cells(places, confidence[above], points, variances, surface[:, above].T, sigmas)
        found += _instances(cells, index, stride)
    return sorted(found, key=lambda votes: -votes.confidence)


def _keypoint_votes(
    offsets: FloatArray, log_scales: FloatArray, cells: IntArray, stride: int
) -> tuple[FloatArray, FloatArray]:
    """Return the (n, K, 2) votes, pixels, and their (n, K) variances from (2K, n) offsets and (K, n) scales."""
    shifts = offsets.T.reshape(len(cells), len(log_scales), 2) * stride
    sigmas = np.maximum(_sigma(log_scales.T), _SMALLEST_SIGMA) * stride
    return cell_centers(cells, stride)[:, None] + shifts, sigmas**2


def cell_centers(cells: IntArray, stride: int) -> FloatArray:
    """Return the (n, 2) input pixels, x and y, in the middle of (n, 2) cells, row and column."""
    centers: FloatArray = (cells[:, ::-1].astype(np.float64) + 0.5) * stride - 0.5
    return centers


def _sigma(log_scales: FloatArray) -> FloatArray:
    """Return the standard deviations of Laplace distributions."""
    sigmas: FloatArray = np.sqrt(2) * np.exp(np.clip(log_scales, *_LOG_SCALES))
    return sigmas


def _instances(cells: _Cells, object_index: int, stride: int) -> list[Votes]:
    """Return the instances of one object, without those that have little support or repeat another."""
    groups = sorted(_group(cells, stride), key=lambda group: -float(group.confidences.sum()))
    kept: list[Votes] = []
    for group in groups:
        votes = _fuse(group, object_index)
        if _supported(votes, stride) and not any(_repeats(votes, other) for other in kept):
            kept.append(votes)
    return kept


def _group(cells: _Cells, stride: int) -> list[_Cells]:
    """Split cells by voted centre: mean shift from the surest cell left, until none is left."""
    centers, sigmas = cells.points[:, 0], np.sqrt(cells.variances[:, 0])
    from_centers = (cells.points - centers[:, None]).reshape(len(centers), -1)
    spans = np.sqrt(np.sum(from_centers**2, axis=1) / cells.variances.shape[1])
    # As far as votes may scatter, but not so far that two objects side by side become one.
    squared_radii = np.maximum(SMALLEST_RADIUS * stride, np.minimum(3 * sigmas, 0.5 * spans)) ** 2
    weights = cells.confidences / (sigmas**2 + stride**2)
    groups: list[_Cells] = []
    left = np.ones(len(centers), dtype=bool)
    while left.any() and len(groups) < _LARGEST_INSTANCES:
        seed = int(np.argmax(np.where(left, weights, -1.0)))
        center, inside = centers[seed], left
        for _ in range(_SHIFTS):
            apart = centers - center
            inside = left & (apart[:, 0] ** 2 + apart[:, 1] ** 2 <= squared_radii)
            inside[seed] = True
            center = weights[inside] @ centers[inside] / weights[inside].sum()
        groups.append(cells.take(inside))
        left = left & ~inside
    return groups


def _fuse(cells: _Cells, object_index: int) -> Votes:
    """Fuse each keypoint's votes: inverse variance weights, reweighted by Cauchy's function."""
    voters = cells.take(np.argsort(-cells.confidences, kind="stable")[:_MOST_VOTERS])
    votes = np.ascontiguousarray(voters.points.transpose(1, 2, 0))  # (K, 2, n): n are summed over
    variances = np.ascontiguousarray(voters.variances.T)
    weights = voters.confidences / variances
    fused, robust = _weighted_median(votes, weights), weights
    for _ in range(_ROBUST_STEPS):
        apart = votes - fused[:, :, None]
        robust = weights / (1 + (apart[:, 0] ** 2 + apart[:, 1] ** 2) / (_CAUCHY**2 * variances))
        robust = robust / robust.sum(axis=1)[:, None]
        fused = (votes @ robust[:, :, None])[:, :, 0]
    apart = votes - fused[:, :, None]
    disagreement = (apart * robust[:, None]) @ apart.transpose(0, 2, 1)
    own = np.sum(robust * variances, axis=1)[:, None, None] * np.eye(2)
    confidence = np.sum(cells.confidences**2) / np.sum(cells.confidences)
    return Votes(
        object_index,
        float(confidence),
        fused,
        own + disagreement,
        cells.cells,
        cells.confidences,
        cells.surface,
        cells.surface_sigmas,
    )


def _weighted_median(votes: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the medians (K, 2) of (K, 2, n) votes with (K, n) weights, per coordinate."""
    order = np.argsort(votes, axis=2)
    cumulative = np.cumsum(np.take_along_axis(weights[:, None], order, axis=2), axis=2)
    middle = np.argmax(cumulative >= cumulative[:, :, -1:] / 2, axis=2)[:, :, None]
    median: FloatArray = np.take_along_axis(votes, np.take_along_axis(order, middle, axis=2), axis=2)[:, :, 0]
    return median


def _supported(votes: Votes, stride: int) -> bool:
    """Tell whether there are cells on enough of the area that the keypoints span."""
    width, height = np.ptp(votes.keypoints_px, axis=0) / stride
    return len(votes.cells) >= SMALLEST_FILL * float(width * height)


def _repeats(votes: Votes, stronger: Votes) -> bool:
    """Tell whether the centre lies so near a stronger instance's that both are one object."""
    distance = np.linalg.norm(votes.keypoints_px[0] - stronger.keypoints_px[0])
    apart = stronger.keypoints_px - stronger.keypoints_px[0]
    return float(distance) < 0.5 * float(np.sqrt(np.mean(np.sum(apart**2, axis=1))))
