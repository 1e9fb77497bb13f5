"""The nearest of an object's points."""

import cv2
import numpy as np

from fpgnas_core.arrays import Float32Array, FloatArray
from fpgnas_core.metrics.points import distances

_ONE_TREE: dict[str, bool | int | float | str] = {"algorithm": 4, "leaf_max_size": 10}
"""FLANN's KDTREE_SINGLE: the only one of its indices that is exact; for few dimensions."""


class NearestPoints:
    """Points in a search tree: built once, asked for many poses."""

    def __init__(self, points: FloatArray) -> None:
        """Build the tree of (P, 3) `points`, metres, P > 0."""
        self._columns = np.ascontiguousarray(points.T)
        # The name that OpenCV 4.5 has too; its type hints know the later one.
        self._tree: cv2.flann.Index = cv2.flann_Index()  # type: ignore[attr-defined]
        self._tree.build(_single(points), _ONE_TREE)

    def distances(self, queries: FloatArray) -> FloatArray:
        """Return the (N,) distances of (N, 3) `queries` to the nearest point, metres.

        Searched in single precision, which OpenCV does twice as fast as SciPy, and measured in double. Of points
        that are equally far in single precision the wrong one may be taken: up to 1e-7 of one distance, and of the
        mean over a mesh less than 1e-9.
        """
        nearest, _ = self._tree.knnSearch(_single(queries), 1, params={})
        return distances(queries, self._columns.take(np.asarray(nearest[:, 0], np.int64), axis=1).T)


def _single(points: FloatArray) -> Float32Array:
    return np.ascontiguousarray(points, dtype=np.float32)
