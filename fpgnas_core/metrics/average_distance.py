"""Average distance of model points: ADD, and ADI (ADD-S) for objects with symmetries."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from fpgnas_core.arrays import FloatArray
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
    return SearchedPoints(model, np.ones(len(model))).adi(T_estimated, T_true)


class SearchedPoints:
    """Model points in a search tree, for the ADI of many poses."""

    def __init__(self, points: FloatArray, weights: FloatArray) -> None:
        """Build the tree of (P, 3) `points`, metres; each counts (P,) `weights` times."""
        # Splitting at the middle of space instead of at the median makes cubic cells: slower to balance, twice as fast
        # to search when the poses are far apart. Asking in the tree's order keeps its leaves in the cache.
        self._tree = cKDTree(points, leafsize=_LEAF_SIZE, balanced_tree=False, compact_nodes=False)
        self._points, self._weights = points[self._tree.indices], weights[self._tree.indices]

    @classmethod
    def distinct(cls, points: ArrayLike) -> "SearchedPoints":
        """Search each place once, however many of the (P, 3) points lie there: meshes repeat those at sharp edges."""
        places, counts = np.unique(points_at(np.eye(4), points), axis=0, return_counts=True)
        return cls(places, counts.astype(np.float64))

    def adi(self, T_estimated: ArrayLike, T_true: ArrayLike) -> float:
        """Return ADI, metres, as `adi` does."""
        true_in_estimated = points_at(invert_transform(T_estimated) @ np.asarray(T_true), self._points)
        distances, _ = self._tree.query(true_in_estimated)
        return float(np.average(distances, weights=self._weights))


def add_or_adi(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike, symmetric: bool) -> float:
    """Return ADI for a symmetric object and ADD for another, ADD(-S), metres."""
    measure = adi if symmetric else add
    return measure(T_estimated, T_true, points)
