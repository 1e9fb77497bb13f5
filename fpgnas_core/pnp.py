"""A pose and its covariance from keypoints and their uncertain pixels.

Start: SQPnP (Terzakis and Lourakis, "A Consistently Fast and Globally Optimal Solution to the
Perspective-n-Point Problem", ECCV 2020) on undistorted pixels. Then Levenberg-Marquardt on the
observed pixels, lens distortion in the projection, residuals whitened by the pixels' covariances.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.camera import Camera
from fpgnas_core.errors import ShapeError
from fpgnas_core.se3 import exp_rotation, make_transform

MINIMUM_POINTS = 4
"""Three points leave up to four solutions."""

_STEPS = 20
_CONVERGED = 1e-10  # squared length of a step in standard deviations
_SMALLEST_DEPTH = 1e-3  # metres
_DEGENERATE = 1e-9  # smallest eigenvalue of the normal matrix after scaling its diagonal to one


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
class _Problem:
    keypoints: FloatArray
    pixels: FloatArray
    whitening: FloatArray
    camera: Camera

    def residuals(self, pose: FloatArray) -> FloatArray | None:
        """Return the whitened residuals (2K,), None if a point is not in front of the camera."""
        points = self.keypoints @ pose[:3, :3].T + pose[:3, 3]
        if points[:, 2].min() < _SMALLEST_DEPTH:
            return None
        difference = self.camera.project(points) - self.pixels
        whitened: FloatArray = (self.whitening @ difference[:, :, None]).ravel()
        return whitened

    def jacobian(self, pose: FloatArray) -> FloatArray:
        """Return d(whitened residuals)/d(dt, dtheta), (2K, 6)."""
        turned = self.keypoints @ pose[:3, :3].T
        by_point = self.whitening @ self.camera.project_with_jacobian(turned + pose[:3, 3])[1]
        # d(Exp(dtheta) x)/dtheta = -[x]x, and row . -[x]x = x x row.
        by_rotation = np.cross(turned[:, None, :], by_point)
        return np.concatenate([by_point, by_rotation], axis=2).reshape(-1, 6)


def solve_pnp(
    keypoints: ArrayLike, pixels: ArrayLike, covariances: ArrayLike, camera: Camera
) -> PnpSolution | None:
    """Return the most likely pose of (K, 3) keypoints, metres, seen at (K, 2) pixels of `camera`.

    `covariances` are the (K, 2, 2) covariances of the pixels, px^2, positive definite. The pose's
    covariance is the inverse of the weighted normal matrix. None if no pose explains the pixels from in
    front of the camera or the points do not fix it (fewer than four, or in one line). Raises ShapeError.
    """
    problem = _problem(keypoints, pixels, covariances, camera)
    if len(problem.keypoints) < MINIMUM_POINTS:
        return None
    best = _best(problem, _sqpnp_starts(problem)) or _best(problem, _fallback_starts(problem))
    if best is None:
        return None
    covariance = _covariance(problem.jacobian(best[1]))
    if covariance is None:
        return None
    projected = camera.project(problem.keypoints @ best[1][:3, :3].T + best[1][:3, 3])
    squared = np.sum((projected - problem.pixels) ** 2, axis=1)
    return PnpSolution(best[1], covariance, float(np.sqrt(squared.mean())))


def _problem(keypoints: ArrayLike, pixels: ArrayLike, covariances: ArrayLike, camera: Camera) -> _Problem:
    points = checked("keypoints", keypoints, (None, 3))
    observed = checked("pixels", pixels, (len(points), 2))
    spread = checked("covariances", covariances, (len(points), 2, 2))
    try:
        whitening = np.linalg.inv(np.linalg.cholesky(spread))
    except np.linalg.LinAlgError as err:
        msg = "covariances: expected positive definite 2x2 matrices, got others"
        raise ShapeError(msg) from err
    return _Problem(points, observed, whitening, camera)


def _sqpnp_starts(problem: _Problem) -> Iterator[FloatArray]:
    """Yield SQPnP's poses from all points, and from the more certain half, which outliers spoil less."""
    ideal = problem.camera.undistort_pixels(problem.pixels)
    certain = np.argsort(-np.linalg.det(problem.whitening))[: max(6, len(ideal) // 2)]
    for chosen in (np.arange(len(ideal)), np.sort(certain)):
        _, rotations, translations, _ = cv2.solvePnPGeneric(
            problem.keypoints[chosen], ideal[chosen], problem.camera.matrix, None, flags=cv2.SOLVEPNP_SQPNP
        )
        for rotation, translation in zip(rotations, translations, strict=True):
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


def _best(problem: _Problem, starts: Iterator[FloatArray]) -> tuple[float, FloatArray] | None:
    """Return cost and pose of the best minimum reached from `starts`, None if all are behind."""
    found = [result for start in starts if (result := _refine(problem, start)) is not None]
    return min(found, key=lambda result: result[0], default=None)


def _refine(problem: _Problem, pose: FloatArray) -> tuple[float, FloatArray] | None:
    """Minimise the squared residuals from `pose` by Levenberg-Marquardt; return (cost, pose)."""
    residuals, damping = problem.residuals(pose), 1e-4
    if residuals is None:
        return None
    cost = float(residuals @ residuals)
    for _ in range(_STEPS):
        jacobian = problem.jacobian(pose)
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ residuals
        damped = normal + damping * np.diag(np.diag(normal) + 1e-12)
        step = -np.linalg.lstsq(damped, gradient, rcond=None)[0]
        moved = make_transform(exp_rotation(step[3:]) @ pose[:3, :3], pose[:3, 3] + step[:3])
        new_residuals = problem.residuals(moved)
        new_cost = float("inf") if new_residuals is None else float(new_residuals @ new_residuals)
        if new_residuals is None or new_cost > cost:
            damping *= 10
            continue
        residuals, cost, pose, damping = new_residuals, new_cost, moved, damping / 10
        if step @ normal @ step < _CONVERGED:
            break
    return cost, pose


def _covariance(jacobian: FloatArray) -> FloatArray | None:
    """Return (J^T J)^-1, None if the points leave a direction free."""
    normal = jacobian.T @ jacobian
    scale = np.sqrt(np.diag(normal))
    if scale.min() <= 0:
        return None
    values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
    if values[0] < _DEGENERATE:
        return None
    inverse: FloatArray = (vectors / values) @ vectors.T / np.outer(scale, scale)
    return inverse
