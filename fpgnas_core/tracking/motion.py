"""Motion of a pose at constant velocity: the two steps of its error-state Kalman filter.

The error of a pose (t, R) is that of the estimator's covariances: t + dt and Exp(dtheta) R, in camera axes, which is
the left perturbation of the composite manifold <R^3, SO(3)>. The twist is the velocity of the object's origin and the
angular velocity, in camera axes: an object that turns about its origin while that moves straight on is predicted
exactly. Exp, the left Jacobian and the composite manifold: Sola, Deray and Atchuthan, "A micro Lie theory for state
estimation in robotics", arXiv 1812.01537, section IV and appendix B. White noise of acceleration: Bar-Shalom, Li and
Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, section 6.2.2.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fpgnas_core.arrays import FloatArray
from fpgnas_core.se3 import cross_matrices, exp_rotation, log_rotation, make_transform, moved

POSE, TWIST = slice(0, 6), slice(6, 12)
_SMALL_ANGLE = 1e-3  # below it the next term of the series is under 1e-7


@dataclass(frozen=True)
class MotionModel:
    """How freely an object moves."""

    acceleration: float = 0.2
    """Standard deviation of the change of its velocity within a second, each axis, m/s."""
    turn_acceleration: float = 1.0
    """Standard deviation of the change of its angular velocity within a second, each axis, rad/s."""
    initial_speed: float = 0.5
    """Standard deviation of its velocity at first sight, each axis, m/s."""
    initial_turn_rate: float = 1.0
    """Standard deviation of its angular velocity at first sight, each axis, rad/s."""


@dataclass(frozen=True, eq=False)
class MotionState:
    """What is known of an object's motion at one moment."""

    stamp_s: float
    """The moment, seconds."""
    T_camera_object: FloatArray
    """(4, 4), metres."""
    twist: FloatArray
    """(6,), velocity of the object's origin (m/s) and angular velocity (rad/s), camera axes."""
    covariance: FloatArray
    """(12, 12) of the errors of pose (x y z, rotations) and twist, SI units."""


class Innovation(NamedTuple):
    """The difference between a measured pose and a state."""

    error: FloatArray
    """(6,), as pose_error."""
    covariance: FloatArray
    """(6, 6) of the measurement alone."""
    expected: FloatArray
    """(6, 6), covariance that the error has where both are right."""

    @property
    def squared_distance(self) -> float:
        """Squared Mahalanobis distance, chi-square of 6 degrees of freedom."""
        return float(self.error @ np.linalg.solve(self.expected, self.error))


def first_state(stamp_s: float, pose: FloatArray, covariance: FloatArray, model: MotionModel) -> MotionState:
    """Return the state after one measured (4, 4) `pose` with its (6, 6) covariance; the object may move or not."""
    joint = np.zeros((12, 12))
    joint[POSE, POSE] = covariance
    joint[TWIST, TWIST] = np.diag(np.repeat([model.initial_speed**2, model.initial_turn_rate**2], 3))
    return MotionState(stamp_s, pose, np.zeros(6), joint)


def predict(state: MotionState, stamp_s: float, model: MotionModel) -> MotionState:
    """Return the state at a later moment, if the object moves on as it did."""
    dt = stamp_s - state.stamp_s
    velocity, turn = state.twist[:3], dt * state.twist[3:]
    turned = exp_rotation(turn)
    pose = make_transform(turned @ state.T_camera_object[:3, :3], state.T_camera_object[:3, 3] + dt * velocity)
    transition = np.eye(12)
    transition[3:6, 3:6] = turned
    transition[0:3, 6:9] = dt * np.eye(3)
    transition[3:6, 9:12] = dt * left_jacobian(turn)
    covariance = transition @ state.covariance @ transition.T + _process_noise(dt, model)
    return MotionState(stamp_s, pose, state.twist, covariance)


def compare(state: MotionState, pose: FloatArray, covariance: FloatArray) -> Innovation:
    """Return how a measured (4, 4) `pose`, with its (6, 6) covariance, differs from the state of its moment."""
    return Innovation(pose_error(pose, state.T_camera_object), covariance, state.covariance[POSE, POSE] + covariance)


def correct(state: MotionState, innovation: Innovation) -> MotionState:
    """Return the state after the measurement that was compared with it."""
    gain = np.linalg.solve(innovation.expected, state.covariance[POSE]).T
    step = gain @ innovation.error
    kept = np.eye(12)
    kept[:, POSE] -= gain
    # Joseph's form stays positive definite through rounding.
    joint = kept @ state.covariance @ kept.T + gain @ innovation.covariance @ gain.T
    return MotionState(state.stamp_s, moved(state.T_camera_object, step[:6]), state.twist + step[TWIST], joint)


def pose_error(pose: FloatArray, reference: FloatArray) -> FloatArray:
    """Return (dt, dtheta), (6,), with pose = (t + dt, Exp(dtheta) R) of the `reference` (t, R)."""
    turn = log_rotation(pose[:3, :3] @ reference[:3, :3].T)
    return np.concatenate([pose[:3, 3] - reference[:3, 3], turn])


def left_jacobian(vector: FloatArray) -> FloatArray:
    """Return J, (3, 3), with Exp(vector + d) = Exp(J d) Exp(vector) for a small d; (3,) radians."""
    angle = math.sqrt(float(vector @ vector))
    k = cross_matrices(vector[None])[0]
    second = 1 / 6 if angle < _SMALL_ANGLE else (angle - math.sin(angle)) / angle**3
    # By the half angle, (1 - cos a)/a^2 is exact for tiny angles too.
    sinc = math.sin(angle / 2) / (angle / 2) if angle else 1.0
    jacobian: FloatArray = np.eye(3) + 0.5 * sinc**2 * k + second * (k @ k)
    return jacobian


def _process_noise(dt: float, model: MotionModel) -> FloatArray:
    density = np.repeat([model.acceleration**2, model.turn_acceleration**2], 3)
    noise, place = np.zeros((12, 12)), np.arange(6)
    noise[place, place] = dt**3 / 3 * density
    noise[place, place + 6] = noise[place + 6, place] = dt**2 / 2 * density
    noise[place + 6, place + 6] = dt * density
    return noise
