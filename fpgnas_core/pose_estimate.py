"""What the estimator says of one instance, and which of several say the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fpgnas_core.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    """The pose of one instance."""

    object_id: int
    """BOP id."""
    name: str
    """The object's name in the bundle."""
    T_camera_object: FloatArray
    """(4, 4), metres."""
    covariance: FloatArray
    """(6, 6) of t + dt and Exp(dtheta) R in camera axes, order x y z (m), rotations (rad)."""
    confidence: float
    """0 to 1: how surely the cells see the object, times how well they know its rotation, and up to half less where
    colours do not change at the outline of the pose found or edges are not where it has them."""
    keypoints_px: FloatArray
    """(n_keypoints, 2), where the network saw the keypoints, pixels of the frame."""
    reprojection_rms_px: float
    """Root mean square distance of those from the pose's projections, pixels of the frame."""
    instance: int
    """Number of this instance among those of its object, from 0; a tracked one keeps its number."""


def same_place(keypoints_px: FloatArray, others_px: FloatArray) -> bool:
    """Tell whether two sets of (K, 2) pixels have centres nearer than a quarter of their extent."""
    extent = max(np.ptp(keypoints_px, axis=0).max(), np.ptp(others_px, axis=0).max())
    return math.dist(keypoints_px[0], others_px[0]) < 0.25 * float(extent)


def distinct(found: Sequence[PoseEstimate]) -> list[PoseEstimate]:
    """Drop an estimate where a tracked, or else a more confident one, of the same object already is."""
    kept: list[PoseEstimate] = []
    for pose in sorted(found, key=lambda pose: (pose.instance < 0, -pose.confidence)):
        if not any(pose.name == k.name and same_place(pose.keypoints_px, k.keypoints_px) for k in kept):
            kept.append(pose)
    return kept


def surest(found: Sequence[PoseEstimate], sought: Mapping[int, int]) -> list[PoseEstimate]:
    """Return as many distinct instances of each object, by BOP id, as are `sought`: the most confident ones."""
    left, kept = dict(sought), []
    for pose in distinct(found):
        if left.get(pose.object_id, 0) > 0:
            left[pose.object_id] -= 1
            kept.append(pose)
    return kept


def numbered(found: Sequence[PoseEstimate]) -> list[PoseEstimate]:
    """Give new instances the lowest free numbers of their objects."""
    used = {(pose.name, pose.instance) for pose in found}
    numbered = []
    for pose in found:
        number = pose.instance
        if number < 0:
            number = next(i for i in range(len(found)) if (pose.name, i) not in used)
            used.add((pose.name, number))
        numbered.append(replace(pose, instance=number))
    return numbered
