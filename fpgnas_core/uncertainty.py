"""Whether reported covariances are true: errors in standard deviations, and the factors that make them so.

Coverage: the share of errors inside the ellipsoid that should hold a share p of them, which for Gaussian errors of k
degrees of freedom is where their squared Mahalanobis distance is below the p quantile of chi^2 with k.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation
from scipy.stats import chi2

from fpgnas_core.arrays import FloatArray, IntArray, checked
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.symmetry import ContinuousSymmetry, nearest_equivalent

GROSS_ROTATION = np.radians(30.0)
GROSS_TRANSLATION = 0.5
"""An error of 30 degrees or of half a diameter is a gross miss: another thing, or a flip, that no covariance means."""
FITTED_SHARE = 0.9
FEWEST_FITTED = 50


@dataclass(frozen=True, eq=False)
class PoseError:
    """How far an estimate is off, in the coordinates of its covariance."""

    error: FloatArray
    """(6,), dt (m) and dtheta (rad) that take the estimate to the truth: t + dt and Exp(dtheta) R, camera axes."""
    covariance: FloatArray
    """(6, 6), as estimated."""
    known: FloatArray
    """(3, f), orthonormal directions of the rotation that symmetries leave known; f is 3 without them."""
    is_gross: bool

    @classmethod
    def of(cls, estimated: FloatArray, covariance: FloatArray, truth: FloatArray, model: ObjectModel) -> "PoseError":
        """Compare (4, 4) poses, metres, the truth being the nearest of those that look the same."""
        nearest = nearest_equivalent(truth, estimated, model.symmetries_discrete, model.symmetries_continuous)
        turn = Rotation.from_matrix(nearest[:3, :3] @ estimated[:3, :3].T).as_rotvec()
        shift = nearest[:3, 3] - estimated[:3, 3]
        far = np.linalg.norm(shift) >= GROSS_TRANSLATION * model.diameter
        is_gross = bool(far or np.linalg.norm(turn) >= GROSS_ROTATION)
        return cls(np.r_[shift, turn], covariance, _known(estimated, model.symmetries_continuous), is_gross)

    def scaled(self, scales: tuple[float, float]) -> "PoseError":
        """Return the same with factors on the variances of translation and rotation."""
        factors = np.sqrt(np.repeat(scales, 3))
        return PoseError(self.error, self.covariance * np.outer(factors, factors), self.known, self.is_gross)


@dataclass(frozen=True, eq=False)
class Distances:
    """Squared Mahalanobis distances of N errors with their degrees of freedom."""

    squared: FloatArray
    freedoms: IntArray

    def coverage(self, shares: ArrayLike) -> FloatArray:
        """Return the share of errors in the ellipsoids that should hold `shares` of them, all 0 to 1."""
        levels = np.asarray(chi2.cdf(self.squared, self.freedoms))
        covered: FloatArray = np.mean(levels[:, None] <= checked("shares", shares, (None,)), axis=0)
        return covered

    def fitted_scale(self) -> float:
        """Return the factor on the covariances with which ellipsoids of FITTED_SHARE hold that share."""
        return float(np.quantile(self.squared / chi2.ppf(FITTED_SHARE, self.freedoms), FITTED_SHARE))


def translation_distances(errors: Sequence[PoseError]) -> Distances:
    """Return those of the positions, 3 degrees of freedom."""
    return _distances(errors, [np.eye(6)[:, :3] for _ in errors])


def rotation_distances(errors: Sequence[PoseError]) -> Distances:
    """Return those of the rotations, 3 degrees of freedom less those that symmetries leave unknown."""
    turning = [e for e in errors if e.known.shape[1]]
    return _distances(turning, [np.vstack([np.zeros_like(e.known), e.known]) for e in turning])


def pose_distances(errors: Sequence[PoseError]) -> Distances:
    """Return those of both together."""
    bases = [np.eye(6)[:, : 3 + e.known.shape[1]] for e in errors]
    for basis, error in zip(bases, errors, strict=True):
        basis[3:, 3:] = error.known
    return _distances(errors, bases)


def fitted_scales(errors: Sequence[PoseError]) -> tuple[float, float] | None:
    """Return the factors on the variances of translation and rotation, None from fewer than FEWEST_FITTED errors.

    Gross misses do not count: a bundle's covariances speak of the others.
    """
    fine = [error for error in errors if not error.is_gross]
    if len(fine) < FEWEST_FITTED:
        return None
    return translation_distances(fine).fitted_scale(), rotation_distances(fine).fitted_scale()


def _distances(errors: Sequence[PoseError], bases: Sequence[FloatArray]) -> Distances:
    squared = []
    for error, basis in zip(errors, bases, strict=True):
        off = basis.T @ error.error
        squared.append(off @ np.linalg.solve(basis.T @ error.covariance @ basis, off))
    return Distances(np.array(squared), np.array([basis.shape[1] for basis in bases]))


def _known(pose: FloatArray, continuous: Sequence[ContinuousSymmetry]) -> FloatArray:
    if not continuous:
        return np.eye(3)
    axes = np.array([pose[:3, :3] @ symmetry.unit_axis for symmetry in continuous])
    _, sizes, directions = np.linalg.svd(axes)
    rank = int(np.sum(sizes > 1e-6))
    known: FloatArray = directions[rank:].T
    return known
