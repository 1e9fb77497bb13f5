"""From the network's grids to instances: group cells by voted centre, fuse their votes robustly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from fpgnas_core.arrays import FloatArray, IntArray, check_shape, checked

SMALLEST_RADIUS = 1.5
"""Cells whose voted centres are this near each other belong together, strides."""
SMALLEST_FILL = 0.05
"""An instance needs cells on this share of the area that its keypoints span."""

SIZE_UNIT_PX = 64.0
"""What apparent sizes are counted in, pixels of the network's input."""

CELL_CONFIDENCE = 0.25
"""Cells less sure than this do not vote. Whether they are an instance is judged by all of them together, later."""

_LARGEST_INSTANCES = 32  # per object
_SHIFTS = 3
_ROBUST_STEPS = 4
_CAUCHY = 2.0  # a vote this many standard deviations off counts half
_SMALLEST_SIGMA = 0.02  # strides; a vote surer than this would silence the others
_LOG_SCALES = (-6.0, 5.0)
_AXES = np.arange(2)
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
    size_px: float
    """How large the object appears: its diameter at its centre's distance, pixels of the network's input."""
    size_sigma: float
    """Standard deviation of the natural log of that."""


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cells above the threshold and their votes; the cells are along the last axis, which sums run over."""

    places: IntArray  # (2, n), row and column
    confidences: FloatArray
    points: FloatArray  # (K, 2, n), pixels
    variances: FloatArray  # (K, n), px^2
    surface: FloatArray  # (3, n)
    surface_sigmas: FloatArray  # (n,)
    log_sizes: FloatArray  # (n,)
    size_variances: FloatArray  # (n,)


def decode(
    class_logits: ArrayLike,
    keypoint_offsets: ArrayLike,
    keypoint_log_scales: ArrayLike,
    surface_coordinates: ArrayLike,
    surface_log_scales: ArrayLike,
    log_sizes: ArrayLike,
    size_log_scales: ArrayLike,
    stride: int,
    threshold: float,
) -> list[Votes]:
    """Return the instances in the grids of one image, the most confident first.

    `class_logits` (C, h, w), `keypoint_offsets` (2K, h, w) in strides from the cell's centre, and
    `keypoint_log_scales` (K, h, w), natural log of the Laplace scale in strides; the first keypoint is
    the centre. `surface_coordinates` (3, h, w) are where in the object's box a cell sees its surface, in
    boxes, and `surface_log_scales` (1, h, w) the log of their Laplace scale. `log_sizes` (1, h, w) are the
    log of how large the object appears, in SIZE_UNIT_PX, and `size_log_scales` (1, h, w) that of their
    Laplace scale. Cell (row, column) has its centre at ((column + 0.5) * stride - 0.5, ...). Cells count
    from confidence `threshold`. A Laplace vote of scale b has variance 2 b^2 per axis; votes of one instance
    share their errors, so their number does not divide the variance: the fused covariance is the mean of
    the variances plus the disagreement of the votes. Raises ShapeError.
    """
    logits = checked("class_logits", class_logits, (None, None, None))
    size, least = logits.shape[1:], logit(threshold)
    scales = _flat("keypoint_log_scales", keypoint_log_scales, None, size)
    grids = (
        _flat("keypoint_offsets", keypoint_offsets, 2 * len(scales), size),
        scales,
        _flat("surface_log_scales", surface_log_scales, 1, size),
        _flat("size_log_scales", size_log_scales, 1, size),
        _flat("surface_coordinates", surface_coordinates, 3, size),
        _flat("log_sizes", log_sizes, 1, size),
    )
    found = []
    for index, own in enumerate(logits.reshape(len(logits), -1)):
        above = np.flatnonzero(own >= least)
        if len(above):
            said = checked("votes", np.concatenate([np.take(grid, above, axis=1) for grid in grids]), (None, None))
            places = np.array([above // size[1], above % size[1]])
            found += _instances(_cells(places, expit(own[above]), said, stride), index, stride)
    return sorted(found, key=lambda votes: -votes.confidence)


def _flat(name: str, grid: ArrayLike, channels: int | None, size: Sequence[int]) -> NDArray[np.floating]:
    """Return (channels, h * w) of a grid (channels, h, w), without a look at its values: only few of them count."""
    values = np.asarray(grid)
    check_shape(name, values.shape, (channels, *size))
    return values.reshape(len(values), -1)


def _cells(places: IntArray, confidences: FloatArray, said: FloatArray, stride: int) -> _Cells:
    """Return the cells at (2, n) `places`.

    `said` (3K + 6, n): offsets, log scales of keypoints, of the surface and of sizes, coordinates, log sizes.
    """
    n_keypoints = (len(said) - 6) // 3
    offsets = said[: 2 * n_keypoints].reshape(n_keypoints, 2, -1)
    scales = np.minimum(np.maximum(said[2 * n_keypoints : -4], _LOG_SCALES[0]), _LOG_SCALES[1])
    variances = 2 * np.exp(2 * scales)  # of Laplace distributions
    return _Cells(
        places,
        confidences,
        (offsets + (places[::-1] + 0.5)) * stride - 0.5,
        np.maximum(variances[:-2], _SMALLEST_SIGMA**2) * stride**2,
        said[-4:-1],
        np.sqrt(variances[-2]),
        said[-1],
        variances[-1],
    )


def cell_centers(cells: IntArray, stride: int) -> FloatArray:
    """Return the (n, 2) input pixels, x and y, in the middle of (n, 2) cells, row and column."""
    centers: FloatArray = (cells[:, ::-1].astype(np.float64) + 0.5) * stride - 0.5
    return centers


def _instances(cells: _Cells, object_index: int, stride: int) -> list[Votes]:
    """Return the instances of one object, without those that have little support or repeat another."""
    groups = sorted(_group(cells, stride), key=lambda group: -float(cells.confidences[group].sum()))
    kept: list[Votes] = []
    for group in groups:
        votes = _fuse(cells, group, object_index)
        if _supported(votes, stride) and not any(_repeats(votes, other) for other in kept):
            kept.append(votes)
    return kept


def _group(cells: _Cells, stride: int) -> list[IntArray]:
    """Split cells by voted centre: mean shift from the surest cell left, until none is left. Returns their places."""
    centers, variances = cells.points[0], cells.variances[0]
    from_centers = cells.points - centers
    spans = np.sqrt(np.einsum("kcn,kcn->n", from_centers, from_centers) / len(cells.points))
    # As far as votes may scatter, but not so far that two objects side by side become one.
    squared_radii = np.maximum(SMALLEST_RADIUS * stride, np.minimum(3 * np.sqrt(variances), 0.5 * spans)) ** 2
    weights = cells.confidences / (variances + stride**2)
    groups: list[IntArray] = []
    left = np.ones(len(variances), dtype=bool)
    while left.any() and len(groups) < _LARGEST_INSTANCES:
        seed = int(np.argmax(np.where(left, weights, -1.0)))
        center, inside = centers[:, seed], np.arange(len(left)) == seed
        for _ in range(_SHIFTS):
            apart, before = centers - center[:, None], inside
            inside = left & (np.einsum("cn,cn->n", apart, apart) <= squared_radii)
            inside[seed] = True
            if (inside == before).all():
                break
            counted = weights * inside
            center = centers @ counted / counted.sum()
        groups.append(np.flatnonzero(inside))
        left &= ~inside
    return groups


def _fuse(cells: _Cells, group: IntArray, object_index: int) -> Votes:
    """Fuse each keypoint's votes: inverse variance weights, reweighted by Cauchy's function."""
    confidences = cells.confidences[group]
    voters = group if len(group) <= _MOST_VOTERS else group[np.argsort(-confidences, kind="stable")[:_MOST_VOTERS]]
    votes, variances = np.take(cells.points, voters, axis=2), np.take(cells.variances, voters, axis=1)
    weights, scales = cells.confidences[voters] / variances, _CAUCHY**2 * variances
    fused, robust = _weighted_median(votes, weights), weights
    for _ in range(_ROBUST_STEPS):
        apart = votes - fused[:, :, None]
        robust = weights / (1 + np.einsum("kcn,kcn->kn", apart, apart) / scales)
        robust /= robust.sum(axis=1)[:, None]
        fused = np.einsum("kcn,kn->kc", votes, robust)
    apart = votes - fused[:, :, None]
    spread = np.einsum("kcn,kdn,kn->kcd", apart, apart, robust)
    spread[:, _AXES, _AXES] += np.einsum("kn,kn->k", robust, variances)[:, None]
    log_size, size_sigma = _fused_size(cells, group)
    return Votes(
        object_index,
        float(confidences @ confidences / confidences.sum()),
        fused,
        spread,
        cells.places[:, group].T,
        confidences,
        cells.surface[:, group].T,
        cells.surface_sigmas[group],
        SIZE_UNIT_PX * math.exp(log_size),
        size_sigma,
    )


def _fused_size(cells: _Cells, group: IntArray) -> tuple[float, float]:
    """Return the log size of an instance and its standard deviation: cells err as one here, too."""
    sizes, variances = cells.log_sizes[group], cells.size_variances[group]
    weights = cells.confidences[group] / variances
    weights /= weights.sum()
    size = float(weights @ sizes)
    return size, math.sqrt(float(weights @ ((sizes - size) ** 2 + variances)))


def _weighted_median(votes: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the medians (K, 2) of (K, 2, n) votes with (K, n) weights, per coordinate."""
    keypoint = np.arange(len(votes))[:, None, None]
    order = votes.argsort(axis=2)
    cumulative = weights[keypoint, order].cumsum(axis=2)
    middle = (cumulative >= cumulative[:, :, -1:] / 2).argmax(axis=2)[:, :, None]
    axis = _AXES[:, None]
    median: FloatArray = votes[keypoint, axis, order[keypoint, axis, middle]][:, :, 0]
    return median


def _supported(votes: Votes, stride: int) -> bool:
    """Tell whether there are cells on enough of the area that the keypoints span."""
    width, height = (votes.keypoints_px.max(axis=0) - votes.keypoints_px.min(axis=0)) / stride
    return len(votes.cells) >= SMALLEST_FILL * float(width * height)


def _repeats(votes: Votes, stronger: Votes) -> bool:
    """Tell whether the centre lies so near a stronger instance's that both are one object."""
    distance = np.linalg.norm(votes.keypoints_px[0] - stronger.keypoints_px[0])
    apart = stronger.keypoints_px - stronger.keypoints_px[0]
    return float(distance) < 0.5 * float(np.sqrt(np.mean(np.sum(apart**2, axis=1))))
