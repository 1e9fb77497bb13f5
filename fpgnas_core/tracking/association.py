"""Which of a frame's estimates belongs to which track of the same object."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from fpgnas_core.arrays import FloatArray
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.se3 import rotation_angle
from fpgnas_core.symmetry import nearest_equivalent

FARTHEST = 21.1
"""Squared Mahalanobis distance of positions beyond which two are not one: chi-square of 3, 99.99 %."""

_LATERAL = 0.1  # diameters; errors that neighbouring frames share are in no covariance
_DEPTH = 0.1  # of the distance: what a network is worst at
_ANGLE = 0.35  # radians; how far a rotation estimate may be off
_MOST_FROM_ANGLE = 9.0  # a rotation helps to choose and never forbids: it may be an outlier
_IMPOSSIBLE = 1e6
_IDENTITY = np.eye(3)


class Place(NamedTuple):
    """Where an instance may be."""

    T_camera_object: FloatArray
    """(4, 4), metres."""
    covariance: FloatArray
    """(3, 3) of its position, m^2."""


def assign(costs: FloatArray) -> list[tuple[int, int]]:
    """Return the pairs (row, column) of the smallest total cost, as many as the finite costs, (n, m), allow.

    The Hungarian method; infinite costs are never paired.
    """
    rows, columns = linear_sum_assignment(np.where(np.isfinite(costs), costs, _IMPOSSIBLE))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column) for row, column in pairs if np.isfinite(costs[row, column])]


def costs_of(tracks: Sequence[Sequence[Place]], estimates: Sequence[PoseEstimate], model: ObjectModel) -> FloatArray:
    """Return how badly each estimate fits each track of an object, (tracks, estimates); infinite: not at all.

    `tracks`: where each may be, the likeliest place first; another counts only where those before it do not fit,
    and never as much as they would.
    """
    costs = [[_cost_of_places(places, estimate, model) for estimate in estimates] for places in tracks]
    return np.array(costs, np.float64).reshape(len(tracks), len(estimates))


def _cost_of_places(places: Sequence[Place], estimate: PoseEstimate, model: ObjectModel) -> float:
    for rank, place in enumerate(places):
        cost = _cost(place, estimate, model)
        if np.isfinite(cost):
            return cost + rank * (FARTHEST + _MOST_FROM_ANGLE)
    return np.inf


def _cost(place: Place, estimate: PoseEstimate, model: ObjectModel) -> float:
    seen = estimate.T_camera_object[:3, 3]
    offset, ray = seen - place.T_camera_object[:3, 3], seen / math.sqrt(seen @ seen)
    across = offset - (offset @ ray) * ray
    # Two instances cannot be seen in one place: beyond a diameter across the line of sight it is another.
    if across @ across > model.diameter**2:
        return np.inf
    floor = (_LATERAL * model.diameter) ** 2 * _IDENTITY + _DEPTH**2 * seen[:, None] * seen
    covariance = place.covariance + estimate.covariance[:3, :3] + floor
    apart = float(offset @ np.linalg.solve(covariance, offset))
    return np.inf if apart > FARTHEST else apart + _from_angle(place.T_camera_object, estimate, model)


def _from_angle(T_expected: FloatArray, estimate: PoseEstimate, model: ObjectModel) -> float:
    pose = nearest_equivalent(
        estimate.T_camera_object, T_expected, model.symmetries_discrete, model.symmetries_continuous
    )
    angle = rotation_angle(T_expected[:3, :3].T @ pose[:3, :3])
    return min((angle / _ANGLE) ** 2, _MOST_FROM_ANGLE)
