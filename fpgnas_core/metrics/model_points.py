"""All errors over an object's points, for many poses of it: what they have in common is computed once."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import ConvexHull, QhullError

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.metrics.average_distance import to_estimated
from fpgnas_core.metrics.nearest import NearestPoints
from fpgnas_core.metrics.points import distances, equivalent_poses, pixels_of, points_at


@dataclass(frozen=True)
class PointErrors:
    """What the functions of the same names return, metres and pixels; pixels are NaN without a camera."""

    add: float
    adi: float
    mssd: float
    mspd_px: float
    projection_px: float


class ModelPoints:
    """The points of one object, each place once, however many lie there: meshes repeat those at sharp edges."""

    def __init__(self, points: ArrayLike, symmetries: ArrayLike) -> None:
        """Take (P, 3) points and (S, 4, 4) symmetries with the identity first, metres, as `mssd` does."""
        places, counts = np.unique(points_at(np.eye(4), points), axis=0, return_counts=True)
        self._points, self._symmetries = places, equivalent_poses(np.eye(4), symmetries)
        self._weights = counts / counts.sum()
        self._tree, self._corners = NearestPoints(places), _corners(places)

    def errors(
        self, T_estimated: ArrayLike, T_true: ArrayLike, T_nearest: ArrayLike, camera: Camera | None
    ) -> PointErrors:
        """Return the errors of one pose; the projection is that of T_nearest, which looks like T_estimated.

        Poses (4, 4) `T_camera_object`, metres.
        """
        estimated, true = points_at(T_estimated, self._points), points_at(T_true, self._points)
        nearest = self._tree.distances(points_at(to_estimated(T_estimated, T_true), self._points))
        mspd, projection = math.nan, math.nan
        if camera is not None:
            seen, seen_true = pixels_of(estimated, camera), pixels_of(true, camera)
            mspd = self._mspd(seen, seen_true, T_estimated, T_true, camera)
            if not np.array_equal(np.asarray(T_nearest), np.asarray(T_estimated)):
                seen = pixels_of(points_at(T_nearest, self._points), camera)
            projection = math.inf if seen is None or seen_true is None else self._mean(seen, seen_true)
        add, adi = self._mean(estimated, true), float(self._weights @ nearest)
        return PointErrors(add, adi, self._mssd(T_estimated, T_true), mspd, projection)

    def _mean(self, first: FloatArray, second: FloatArray) -> float:
        return float(self._weights @ distances(first, second))

    def _equivalents(self, T_true: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """The poses that look like the true one, (S, 4, 4), and the hull's corners at each, (S, H, 3)."""
        poses = equivalent_poses(T_true, self._symmetries)
        return poses, self._corners @ poses[:, :3, :3].transpose(0, 2, 1) + poses[:, None, :3, 3]

    def _mssd(self, T_estimated: ArrayLike, T_true: ArrayLike) -> float:
        """By the hull's corners: the distance is a convex function of the point, so no other is further off."""
        _, corners = self._equivalents(T_true)
        return float(_largest(points_at(T_estimated, self._corners), corners).min())

    def _mspd(
        self,
        seen: FloatArray | None,
        seen_true: FloatArray | None,
        T_estimated: ArrayLike,
        T_true: ArrayLike,
        camera: Camera,
    ) -> float:
        """By the hull's corners first: other points only add to that, so most symmetries need not be looked at."""
        if seen is None:
            return math.inf
        least = math.inf if seen_true is None else float(distances(seen, seen_true).max())
        poses, corners = self._equivalents(T_true)
        other = np.asarray((corners[:, :, 2] > 0).all(axis=1))
        other[0] = False  # The true pose itself, which is looked at already.
        seen_corners = pixels_of(points_at(T_estimated, self._corners), camera)
        pixels = pixels_of(corners[other].reshape(-1, 3), camera)
        assert seen_corners is not None
        assert pixels is not None
        bounds = _largest(seen_corners, pixels.reshape(-1, len(seen_corners), 2))
        for bound, pose in sorted(zip(bounds, poses[other], strict=True), key=lambda pair: float(pair[0])):
            if bound >= least:
                break
            moved = pixels_of(points_at(pose, self._points), camera)
            assert moved is not None
            least = min(least, float(distances(seen, moved).max()))
        return least


def _largest(first: FloatArray, second: FloatArray) -> FloatArray:
    """The largest distance between rows of (H, d) and of each of (S, H, d), (S,)."""
    largest: FloatArray = np.sqrt(np.square(second - first).sum(axis=2).max(axis=1))
    return largest


def _corners(points: FloatArray) -> FloatArray:
    """The corners of the convex hull, or all points where they have none in space."""
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except (QhullError, ValueError):
        return points
