"""Average distance of model points: ADD, and ADI (ADD-S) for objects with symmetries."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from fpgnas_core.metrics.points import points_at
from fpgnas_core.se3 import invert_transform

_LEAF_SIZE = 24


def add(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike) -> float:
    """Return the average distance of (P, 3) model points, ADD, metres.

    Hinterstoisser et al., "Model Based Training, Detection and Pose Estimation of Texture-Less 3D
    Objects in Heavily Cluttered Scenes", ACCV 2012. Poses are (4, 4) `T_camera_object`.
    """
    difference = points_at(T_estimated, points) - points_at(T_true, points)
    return float(np.linalg.norm(difference, axis=1).mean())


def adi(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike) -> float:
    """Return the average distance to the nearest model point, ADI (also ADD-S), metres.

    For objects with symmetries: for each of the (P, 3) points at the true pose, the nearest point at the
    estimated one. Hinterstoisser et al., ACCV 2012; Hodan et al., "On Evaluation of 6D Object
    Pose Estimation", ECCVW 2016. Poses are (4, 4) `T_camera_object`.
    """
    model = points_at(np.eye(4), points)
    # Splitting at the middle of space instead of at the median makes cubic cells: slower to balance, twice as fast
    # to search when the poses are far apart. Asking in the tree's order keeps its leaves in the cache.
    tree = cKDTree(model, leafsize=_LEAF_SIZE, balanced_tree=False, compact_nodes=False)
    true_in_estimated = points_at(invert_transform(T_estimated) @ np.asarray(T_true), model[tree.indices])
    distances, _ = tree.query(true_in_estimated)
    return float(np.mean(distances))


def add_or_adi(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike, symmetric: bool) -> float:
    """Return ADI for a symmetric object and ADD for another, ADD(-S), metres."""
    measure = adi if symmetric else add
    return measure(T_estimated, T_true, points)
