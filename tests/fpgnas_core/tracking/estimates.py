"""Estimates as the estimator gives them, of poses that a test chooses."""

import numpy as np

from fpgnas_core.arrays import FloatArray
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.se3 import exp_rotation, make_transform

SIGMAS = np.array([1e-3, 1e-3, 8e-3, 0.03, 0.03, 0.03])


def estimate(pose: FloatArray, object_id: int = 1, number: int = 0, confidence: float = 0.9) -> PoseEstimate:
    """Return an estimate of (4, 4) `pose` that has the `number` the estimator gave."""
    name, keypoints = f"part{object_id}", np.zeros((4, 2))
    return PoseEstimate(object_id, name, pose, np.diag(SIGMAS**2), confidence, keypoints, 0.5, number)


def at(x: float, y: float = 0.0, z: float = 0.5, turn: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> FloatArray:
    """Return the pose at a position, metres, turned by a rotation vector, radians."""
    return make_transform(exp_rotation(turn), [x, y, z])


def noisy(pose: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return `pose` with an error as `estimate` says it has."""
    error = SIGMAS * rng.normal(size=6)
    return make_transform(exp_rotation(error[3:]) @ pose[:3, :3], pose[:3, 3] + error[:3])
