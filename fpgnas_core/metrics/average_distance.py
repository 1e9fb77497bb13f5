"""Average distance of model points: ADD, and ADI (ADD-S) for objects with symmetries."""

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.metrics.nearest import NearestPoints
from fpgnas_core.metrics.points import distances, points_at
from fpgnas_core.se3 import invert_transform


def add(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike) -> float:
    """Return the average distance of (P, 3) model points, ADD, metres.

    Hinterstoisser et al., "Model Based Training, Detection and Pose Estimation of Texture-Less 3D
    Objects in Heavily Cluttered Scenes", ACCV 2012. Poses are (4, 4) `T_camera_object`.
    """
    return float(distances(points_at(T_estimated, points), points_at(T_true, points)).mean())


def adi(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike) -> float:
    """Return the average distance to the nearest model point, ADI (also ADD-S), metres.

    For objects with symmetries: for each of the (P, 3) points at the true pose, the nearest point at the
    estimated one. Hinterstoisser et al., ACCV 2012; Hodan et al., "On Evaluation of 6D Object
    Pose Estimation", ECCVW 2016. Poses are (4, 4) `T_camera_object`.
    """
    model = points_at(np.eye(4), points)
    return float(NearestPoints(model).distances(points_at(to_estimated(T_estimated, T_true), model)).mean())


def to_estimated(T_estimated: ArrayLike, T_true: ArrayLike) -> FloatArray:
    """Return (4, 4): from the object's frame at the true pose to that at the estimated one, where a tree can stay."""
    relative: FloatArray = invert_transform(T_estimated) @ checked("T_true", T_true, (4, 4))
    return relative


def add_or_adi(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike, symmetric: bool) -> float:
    """Return ADI for a symmetric object and ADD for another, ADD(-S), metres."""
    measure = adi if symmetric else add
    return measure(T_estimated, T_true, points)
