"""Symmetries of objects: their set, the equivalent pose nearest another, and what they leave unknown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.se3 import cross_matrices, exp_rotation, make_transform

UNIFORM_ANGLE_VARIANCE = np.pi**2 / 3
"""Variance of an angle that may be anything from -pi to pi, rad^2."""


@dataclass(frozen=True)
class ContinuousSymmetry:
    """Any rotation about `axis` through `offset` maps the object to itself (as in BOP)."""

    axis: tuple[float, float, float]
    """Direction in the object frame; its length does not matter."""
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """A point of the axis, metres, object frame."""

    @property
    def unit_axis(self) -> FloatArray:
        """Direction of length 1, (3,)."""
        axis = np.array(self.axis, dtype=np.float64)
        unit: FloatArray = axis / np.linalg.norm(axis)
        return unit

    def turn(self, angle: float) -> FloatArray:
        """Return the (4, 4) rotation by `angle` (radians) about the axis, metres."""
        rotation, offset = exp_rotation(angle * self.unit_axis), np.array(self.offset)
        return make_transform(rotation, offset - rotation @ offset)


def symmetry_transforms(discrete: ArrayLike, continuous: Sequence[ContinuousSymmetry], steps: int = 64) -> FloatArray:
    """Return the symmetries as (S, 4, 4) transforms of the object frame, metres, the identity first.

    Each discrete one, (n, 4, 4) in `discrete`, alone and followed by `steps` turns of each continuous
    one, as `get_symmetry_transformations` of the BOP toolkit (Hodan et al., ECCV 2018) combines them.
    """
    own = _with_identity(discrete)
    turns = [s.turn(2 * np.pi * i / steps) for s in continuous for i in range(1, steps)]
    return np.concatenate([own, *(turn @ own for turn in turns)])


def _with_identity(discrete: ArrayLike) -> FloatArray:
    given = np.asarray(discrete, dtype=np.float64)
    if given.size == 0:
        return np.eye(4)[None]
    return np.concatenate([np.eye(4)[None], checked("symmetries_discrete", given, (None, 4, 4))])


def nearest_equivalent(
    T_camera_object: ArrayLike,
    T_reference: ArrayLike,
    discrete: ArrayLike,
    continuous: Sequence[ContinuousSymmetry],
) -> FloatArray:
    """Return the pose (4, 4) equal to `T_camera_object` up to symmetry whose rotation is nearest.

    Nearest to that of `T_reference`, by the angle between the rotations. The turn about a continuous
    axis is exact, not one of a set of steps, so a track does not jitter.
    """
    pose = checked("T_camera_object", T_camera_object, (4, 4))
    reference = checked("T_reference", T_reference, (4, 4))
    if not np.size(discrete) and not continuous:
        return pose.copy()
    candidates = list(pose @ _with_identity(discrete))
    candidates += [_turned_towards(c, reference, s) for c in candidates for s in continuous]
    traces = [np.sum(reference[:3, :3] * candidate[:3, :3]) for candidate in candidates]
    nearest: FloatArray = candidates[int(np.argmax(traces))]
    return nearest


def _turned_towards(pose: FloatArray, reference: FloatArray, symmetry: ContinuousSymmetry) -> FloatArray:
    """Turn `pose` about the axis so that trace(R_reference^T R) is largest: A cos(angle) + B sin(angle)."""
    axis = symmetry.unit_axis
    relative = reference[:3, :3].T @ pose[:3, :3]
    cosine = np.trace(relative) - axis @ relative @ axis
    sine = np.trace(relative @ cross_matrices(axis[None])[0])
    turned: FloatArray = pose @ symmetry.turn(float(np.arctan2(sine, cosine)))
    return turned


def covariance_about_axes(
    covariance: ArrayLike, T_camera_object: ArrayLike, continuous: Sequence[ContinuousSymmetry]
) -> FloatArray:
    """Return the (6, 6) covariance with the angle about each continuous axis unknown.

    The variance about the axis becomes that of a uniform angle, pi^2/3 (unless it is larger already);
    an axis that does not pass through the origin moves the origin along with it.
    """
    result = checked("covariance", covariance, (6, 6)).copy()
    pose = checked("T_camera_object", T_camera_object, (4, 4))
    for symmetry in continuous:
        axis = pose[:3, :3] @ symmetry.unit_axis
        twist = np.r_[np.cross(axis, -pose[:3, :3] @ np.array(symmetry.offset)), axis]
        known = axis @ result[3:, 3:] @ axis
        result += max(0.0, UNIFORM_ANGLE_VARIANCE - known) * np.outer(twist, twist)
    return result
