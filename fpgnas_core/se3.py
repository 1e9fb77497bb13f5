"""Rigid transforms: 4x4 matrices `T_a_b` that map points of frame b to frame a, metres and radians."""

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike
from transforms3d import quaternions

from fpgnas_core.arrays import FloatArray, checked

CROSS = np.array([[0, 0, 0, 0, 0, -1, 0, 1, 0], [0, 0, 1, 0, 0, 0, -1, 0, 0], [0, -1, 0, 1, 0, 0, 0, 0, 0]], float)
"""(3, 9): a vector times this is its cross matrix, row by row."""


def make_transform(rotation: ArrayLike, translation: ArrayLike) -> FloatArray:
    """Return the (4, 4) transform of a (3, 3) rotation and a (3,) translation, metres."""
    transform = np.eye(4)
    transform[:3, :3] = checked("rotation", rotation, (3, 3))
    transform[:3, 3] = checked("translation", np.reshape(translation, -1), (3,))
    return transform


def invert_transform(transform: ArrayLike) -> FloatArray:
    """Return the inverse of a rigid (4, 4) transform."""
    known = checked("transform", transform, (4, 4))
    rotation = known[:3, :3].T
    return make_transform(rotation, -rotation @ known[:3, 3])


def transform_points(transform: ArrayLike, points: ArrayLike) -> FloatArray:
    """Map (N, 3) points by a (4, 4) transform."""
    known = checked("transform", transform, (4, 4))
    mapped: FloatArray = checked("points", points, (None, 3)) @ known[:3, :3].T + known[:3, 3]
    return mapped


def rotation_angle(rotation: ArrayLike) -> float:
    """Return the angle of a (3, 3) rotation, radians, 0 to pi.

    From sine and cosine together, so it stays exact for tiny angles where acos of the trace does not.
    """
    r = checked("rotation", rotation, (3, 3))
    twice_sine = math.hypot(r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1])
    return math.atan2(twice_sine, float(np.trace(r)) - 1.0)


def cross_matrices(vectors: ArrayLike) -> FloatArray:
    """Return the (N, 3, 3) matrices [v]x with [v]x w = v x w for (N, 3) vectors."""
    matrices: FloatArray = (checked("vectors", vectors, (None, 3)) @ CROSS).reshape(-1, 3, 3)
    return matrices


def exp_rotation(rotation_vector: ArrayLike) -> FloatArray:
    """Return the (3, 3) rotation of a (3,) rotation vector, radians (Rodrigues' formula)."""
    return np.asarray(cv2.Rodrigues(checked("rotation_vector", rotation_vector, (3,)))[0], np.float64)


def moved(transform: FloatArray, step: FloatArray) -> FloatArray:
    """Return t + dt, Exp(dtheta) R of a (4, 4) transform for a step (dt, dtheta), (6,). Unchecked: for inner loops."""
    result = transform.copy()
    result[:3, :3] = cv2.Rodrigues(step[3:])[0] @ transform[:3, :3]
    result[:3, 3] += step[:3]
    return result


def log_rotation(rotation: ArrayLike) -> FloatArray:
    """Return the (3,) rotation vector of a (3, 3) rotation, radians, of length 0 to pi: undoes `exp_rotation`."""
    quaternion = quaternion_xyzw_from_matrix(rotation)
    half_sine = math.hypot(*quaternion[:3])
    angle = 2 * math.atan2(half_sine, quaternion[3])
    vector: FloatArray = quaternion[:3] * (angle / half_sine if half_sine else 2.0)
    return vector


def quaternion_xyzw_from_matrix(rotation: ArrayLike) -> FloatArray:
    """Return the unit quaternion (x, y, z, w) of a (3, 3) rotation, w >= 0; ROS order.

    From the largest component on, so that none is divided by a small one (Shepperd, "Quaternion from rotation
    matrix", 1978). In numbers, not arrays: every pose needs several, and eigenvalues take ten times as long.
    """
    r = checked("rotation", rotation, (3, 3)).tolist()
    trace = r[0][0] + r[1][1] + r[2][2]
    turned_most = max((0, 1, 2), key=lambda axis: r[axis][axis])
    if trace >= r[turned_most][turned_most]:
        quaternion = [r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1], 1 + trace]
    else:
        i, j, k = turned_most, (turned_most + 1) % 3, (turned_most + 2) % 3
        quaternion = [0.0, 0.0, 0.0, r[k][j] - r[j][k]]
        quaternion[i], quaternion[j], quaternion[k] = 1 + 2 * r[i][i] - trace, r[j][i] + r[i][j], r[k][i] + r[i][k]
    length = math.copysign(math.hypot(*quaternion), quaternion[3])
    return np.array([component / length for component in quaternion])


def matrix_from_quaternion_xyzw(quaternion: ArrayLike) -> FloatArray:
    """Return the (3, 3) rotation of a quaternion (x, y, z, w), which is normalised first."""
    x, y, z, w = checked("quaternion", quaternion, (4,)).tolist()
    return np.asarray(quaternions.quat2mat([w, x, y, z]), dtype=np.float64)
