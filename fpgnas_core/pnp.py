"""A pose and its covariance from keypoints and their uncertain pixels.

Start: SQPnP (Terzakis and Lourakis, "A Consistently Fast and Globally Optimal Solution to the
Perspective-n-Point Problem", ECCV 2020) on undistorted pixels. Then Levenberg-Marquardt on the
observed pixels, lens distortion in the projection, residuals whitened by the pixels' covariances.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg.lapack import dposv
from scipy.spatial.transform import Rotation

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.camera import Camera
from fpgnas_core.errors import ShapeError
from fpgnas_core.se3 import CROSS, make_transform, moved, transform_points

MINIMUM_POINTS = 4
"""Three points leave up to four solutions."""

_DIAGONAL = np.eye(6)
_MINUS_CROSS = -CROSS
_STEPS = 20
_CONVERGED = 1e-5  # squared length of a step in standard deviations; the next would be far shorter still
_SMALLEST_DEPTH = 1e-3  # metres
_DEGENERATE = 1e9  # trace of the inverse of the normal matrix after scaling its diagonal to one


@dataclass(frozen=True, eq=False)
class PnpSolution:
    """A pose with its uncertainty."""

    T_camera_object: FloatArray
    """(4, 4), metres."""
    covariance: FloatArray
    """(6, 6) of t + dt and Exp(dtheta) R in camera axes, order x y z (m), rotations (rad)."""
    reprojection_rms_px: float
    """Root mean square distance of the pixels from the projections, pixels."""


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Points of an object that are known with errors, each seen at a pixel that is known without.

    Such points are fitted in the object's space: in the picture's, where pixels would be explained from points
    with errors, those errors would make the object seem larger than it is, and too far away (attenuation in
    regression). Lu, Hager and Mjolsness, "Fast and globally convergent pose estimation from video images", 2000.
    """

    points: FloatArray
    """(n, 3), metres, object frame."""
    rays: FloatArray
    """(n, 2), x / z and y / z in the camera of what the pixels see."""
    sigmas: FloatArray
    """(n,), standard deviation of a point per axis, metres."""

    def linearised(self, pose: FloatArray) -> FloatArray:
        """Return derivatives by (dt, dtheta) of how far points are off their rays in deviations, and that, (2n, 7)."""
        turned = self.points @ pose[:3, :3].T
        seen = turned + pose[:3, 3]
        residuals = (seen[:, :2] - self.rays * seen[:, 2:]) / self.sigmas[:, None]
        return _by_pose(self._by_translation, turned, residuals[:, :, None])

    @cached_property
    def _by_translation(self) -> FloatArray:
        derivatives = np.zeros((len(self.points), 2, 3))
        derivatives[:, 0, 0] = derivatives[:, 1, 1] = 1.0
        derivatives[:, :, 2] = -self.rays
        derivatives /= self.sigmas[:, None, None]
        return derivatives


@dataclass(frozen=True)
class Distance:
    """How far away the first keypoint is, along the optical axis."""

    metres: float
    log_sigma: float
    """Standard deviation of the natural log of it."""

    def linearised(self, turned: FloatArray, point: FloatArray) -> FloatArray:
        """Return derivatives by (dt, dtheta) of how far off the point is in deviations, and that, (1, 7).

        `turned` and `point`, (3,): the keypoint turned, and then moved, by the pose.
        """
        (x, y, _), z = turned.tolist(), float(point[2])
        scale = 1 / (z * self.log_sigma)
        residual = math.log(z / self.metres) / self.log_sigma
        return np.array([[0.0, 0.0, scale, scale * y, -scale * x, 0.0, residual]])


@dataclass(frozen=True, eq=False)
class _Problem:
    keypoints: FloatArray
    pixels: FloatArray
    whitening: FloatArray
    camera: Camera
    distance: Distance | None = None
    surface: SurfacePoints | None = None

    def linearised(self, pose: FloatArray) -> FloatArray | None:
        """Return the derivatives of the whitened residuals by (dt, dtheta), and the residuals, (2K + 1 + 2n, 7).

        None if a point is not in front of the camera.
        """
        turned = self.keypoints @ pose[:3, :3].T
        points = turned + pose[:3, 3]
        if points[:, 2].min() < _SMALLEST_DEPTH:
            return None
        projected, by_point = self.camera.project_with_jacobian(points)
        residuals = self.whitening @ (projected - self.pixels)[:, :, None]
        parts = [_by_pose(self.whitening @ by_point, turned, residuals)]
        if self.distance is not None:
            parts.append(self.distance.linearised(turned[0], points[0]))
        if self.surface is not None:
            parts.append(self.surface.linearised(pose))
        return np.concatenate(parts)


def _by_pose(by_translation: FloatArray, turned: FloatArray, residuals: FloatArray) -> FloatArray:
    """Return derivatives by (dt, dtheta) and residuals, (2n, 7).

    From those by dt, (n, 2, 3), the turned points (n, 3) and the residuals (n, 2, 1).
    """
    # d(Exp(dtheta) x)/dtheta = -[x]x
    by_rotation = by_translation @ (turned @ _MINUS_CROSS).reshape(-1, 3, 3)
    return np.concatenate([by_translation, by_rotation, residuals], axis=2).reshape(-1, 7)


@dataclass(frozen=True, eq=False)
class _Minimum:
    """Where the minimisation is."""

    pose: FloatArray
    products: FloatArray
    """(7, 7): [J r]^T [J r] of the Jacobian J and the residuals r at the pose."""

    @property
    def cost(self) -> float:
        """Sum of the squared residuals."""
        return float(self.products[6, 6])

    @property
    def gradient(self) -> FloatArray:
        """Half the cost's, (6,)."""
        return self.products[:6, 6]

    @property
    def normal(self) -> FloatArray:
        """J^T J, (6, 6)."""
        return self.products[:6, :6]

    def step(self, damping: float) -> FloatArray | None:
        """Return the step (dt, dtheta), None if the damped normal matrix is not positive definite."""
        _, step, failed = dposv(self.normal * (1 + damping * _DIAGONAL), -self.gradient)
        return None if failed else step


def solve_pnp(
    keypoints: ArrayLike,
    pixels: ArrayLike,
    covariances: ArrayLike,
    camera: Camera,
    start: FloatArray | None = None,
    distance: Distance | None = None,
    surface: Callable[[FloatArray], SurfacePoints] | None = None,
) -> PnpSolution | None:
    """Return the most likely pose of (K, 3) keypoints, metres, seen at (K, 2) pixels of `camera`.

    `covariances` are the (K, 2, 2) covariances of the pixels, px^2, positive definite; `start` is a pose,
    (4, 4), near the solution, in place of SQPnP's; `distance` is that of the first keypoint where it is known;
    `surface` makes further points to fit of the pose that these give. The pose's covariance is the inverse of
    the weighted normal matrix. None if no pose explains the pixels from in front of the camera or the points
    do not fix it (fewer than four, or in one line). Raises ShapeError.
    """
    problem = replace(_problem(keypoints, pixels, covariances, camera), distance=distance)
    if len(problem.keypoints) < MINIMUM_POINTS:
        return None
    starts = _sqpnp_starts(problem) if start is None else iter([start])
    best = _best(problem, starts) or _best(problem, _fallback_starts(problem))
    if best is not None and surface is not None:
        best = _refine(replace(problem, surface=surface(best.pose)), best.pose)
    covariance = None if best is None else _inverse(best.normal)
    if best is None or covariance is None:
        return None
    return PnpSolution(best.pose, covariance, reprojection_rms(best.pose, problem.keypoints, problem.pixels, camera))


def reprojection_rms(T_camera_object: FloatArray, keypoints: FloatArray, pixels: FloatArray, camera: Camera) -> float:
    """Return the root mean square distance of (K, 2) pixels from where (K, 3) keypoints, metres, are projected to."""
    projected = camera.project(transform_points(T_camera_object, keypoints))
    return math.sqrt(float(np.sum((projected - pixels) ** 2)) / len(pixels))


def _problem(keypoints: ArrayLike, pixels: ArrayLike, covariances: ArrayLike, camera: Camera) -> _Problem:
    points = checked("keypoints", keypoints, (None, 3))
    observed = checked("pixels", pixels, (len(points), 2))
    return _Problem(points, observed, _whitening(checked("covariances", covariances, (len(points), 2, 2))), camera)


def _whitening(covariances: FloatArray) -> FloatArray:
    """Return the inverses of the Cholesky factors of (n, 2, 2) covariances. Raises ShapeError."""
    xx, xy, yy = covariances[:, 0, 0], covariances[:, 0, 1], covariances[:, 1, 1]
    determinants = xx * yy - xy**2
    if len(xx) and min(xx.min(), determinants.min()) <= 0:
        msg = "covariances: expected positive definite 2x2 matrices, got others"
        raise ShapeError(msg)
    whitening = np.zeros_like(covariances)
    whitening[:, 0, 0] = 1 / np.sqrt(xx)
    whitening[:, 1, 1] = np.sqrt(xx / determinants)
    whitening[:, 1, 0] = -xy / xx * whitening[:, 1, 1]
    return whitening


def _sqpnp_starts(problem: _Problem) -> Iterator[FloatArray]:
    """Yield SQPnP's poses from all points, and from the more certain half, which outliers spoil less."""
    ideal = problem.camera.undistort_pixels(problem.pixels)
    yield from _sqpnp(problem.keypoints, ideal, problem.camera)
    certain = np.sort(np.argsort(-np.linalg.det(problem.whitening))[: max(6, len(ideal) // 2)])
    yield from _sqpnp(problem.keypoints[certain], ideal[certain], problem.camera)


def _sqpnp(keypoints: FloatArray, ideal: FloatArray, camera: Camera) -> Iterator[FloatArray]:
    try:
        found = cv2.solvePnPGeneric(keypoints, ideal, camera.matrix, None, flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:  # It refuses points in one line, and objects that span less than some 0.01 rad.
        return
    for rotation, translation in zip(found[1], found[2], strict=True):
        yield make_transform(cv2.Rodrigues(rotation)[0], translation)


def _fallback_starts(problem: _Problem) -> Iterator[FloatArray]:
    """Yield the 24 rotations of a cube at the depth that the size of the pixels' cloud suggests."""
    ideal = (problem.camera.undistort_pixels(problem.pixels) - problem.camera.matrix[:2, 2]) / np.diag(
        problem.camera.matrix
    )[:2]
    center = problem.keypoints.mean(axis=0)
    spread_3d = np.sqrt(np.mean((problem.keypoints - center) ** 2))
    spread_2d = np.sqrt(np.mean((ideal - ideal.mean(axis=0)) ** 2))
    depth = spread_3d / max(spread_2d, 1e-6)
    for rotation in Rotation.create_group("O").as_matrix():
        yield make_transform(rotation, depth * np.r_[ideal.mean(axis=0), 1.0] - rotation @ center)


def _best(problem: _Problem, starts: Iterator[FloatArray]) -> _Minimum | None:
    """Return the best minimum reached from `starts`, None if all are behind the camera.

    A minimum that leaves less than the squared deviations to expect, one for each number seen, is taken at once.
    """
    best = None
    for start in starts:
        reached = _refine(problem, start)
        if reached is not None and (best is None or reached.cost < best.cost):
            best = reached
        if best is not None and best.cost < problem.pixels.size:
            break
    return best


def _refine(problem: _Problem, pose: FloatArray) -> _Minimum | None:
    """Minimise the squared residuals from `pose` by Levenberg-Marquardt."""
    linearised, damping = problem.linearised(pose), 1e-4
    if linearised is None:
        return None
    best = _Minimum(pose, linearised.T @ linearised)
    for _ in range(_STEPS):
        step = best.step(damping)
        if step is None:
            damping *= 10
            continue
        pose = moved(best.pose, step)
        # The squared length by the damped normal matrix, so never less than by the matrix itself.
        if -step @ best.gradient < _CONVERGED:
            return _Minimum(pose, best.products)
        linearised = problem.linearised(pose)
        reached = None if linearised is None else _Minimum(pose, linearised.T @ linearised)
        if reached is None or reached.cost > best.cost:
            damping *= 10
        else:
            best, damping = reached, damping / 10
    return best


def _inverse(normal: FloatArray) -> FloatArray | None:
    """Return the inverse of the (6, 6) normal matrix, None if the points leave a direction free."""
    scale = np.sqrt(normal.diagonal())
    if scale.min() <= 0:
        return None
    scales = scale[:, None] * scale
    _, inverse, failed = dposv(normal / scales, _DIAGONAL)
    if failed or inverse.trace() > _DEGENERATE:
        return None
    covariance: FloatArray = inverse / scales
    return covariance
