"""Angle between the estimated and the true rotation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import checked
from fpgnas_core.se3 import rotation_angle
from fpgnas_core.symmetry import ContinuousSymmetry, nearest_equivalent


def rotation_error_deg(rotation_estimated: ArrayLike, rotation_true: ArrayLike) -> float:
    """Return the angle between two (3, 3) rotations, degrees, 0 to 180.

    Hodan et al., "On Evaluation of 6D Object Pose Estimation", ECCVW 2016.
    """
    estimated = checked("rotation_estimated", rotation_estimated, (3, 3))
    relative = estimated @ checked("rotation_true", rotation_true, (3, 3)).T
    return float(np.degrees(rotation_angle(relative)))


def symmetric_rotation_error_deg(
    T_estimated: ArrayLike, T_true: ArrayLike, discrete: ArrayLike, continuous: Sequence[ContinuousSymmetry]
) -> float:
    """Return the least angle to any pose that looks like the true one, degrees, 0 to 180.

    Poses (4, 4) `T_camera_object`; symmetries as in BOP: `discrete` (n, 4, 4) without the identity, metres, and
    `continuous` axes, about which the best turn is exact, not one of a set of steps.
    """
    equivalent = nearest_equivalent(T_estimated, T_true, discrete, continuous)
    return rotation_error_deg(equivalent[:3, :3], checked("T_true", T_true, (4, 4))[:3, :3])
