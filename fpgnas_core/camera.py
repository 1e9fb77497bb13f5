"""Cameras: pinhole matrix, lens distortion, and what a resize or a crop does to them."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.errors import CameraError

DISTORTION_LENGTHS = {
    "plumb_bob": (0, 4, 5),
    "rational_polynomial": (0, 8, 12, 14),
    "equidistant": (0, 4),
}
"""Numbers of coefficients that each distortion model may have; none means no distortion."""

_UNDISTORT_STEPS = 20
_UNDISTORTED_PX = 1e-9
_ZERO = np.zeros(3)
_LARGEST_RAY = 20.0  # tangent of 87 degrees; OpenCV's first guess can be any number


@dataclass(frozen=True)
class Camera:
    """A calibrated camera; pixel centres are at integer coordinates.

    Frames: the OpenCV optical frame, x right, y down, z forward. Coefficients in OpenCV's order
    (`plumb_bob`: k1 k2 p1 p2 [k3]; `rational_polynomial`: then k3 k4 k5 k6 ...; `equidistant`:
    k1 to k4 of Kannala and Brandt, 2006, as in `cv2.fisheye`). Raises CameraError.
    """

    fx: float
    """Focal length in x, pixels."""
    fy: float
    """Focal length in y, pixels."""
    cx: float
    """Principal point, x, pixels."""
    cy: float
    """Principal point, y, pixels."""
    width: int
    """Image width, pixels."""
    height: int
    """Image height, pixels."""
    distortion: tuple[float, ...] = ()
    """Distortion coefficients."""
    distortion_model: str = "plumb_bob"
    """One of the keys of DISTORTION_LENGTHS."""

    def __post_init__(self) -> None:
        focal = (self.fx, self.fy)
        if not all(math.isfinite(f) and f > 0 for f in focal):
            msg = f"focal lengths: expected positive numbers, got {focal}; is the camera calibrated?"
            raise CameraError(msg)
        if not all(math.isfinite(v) for v in (self.cx, self.cy, *self.distortion)):
            msg = "principal point and distortion: expected finite numbers, got NaN or infinity"
            raise CameraError(msg)
        if self.width < 1 or self.height < 1:
            msg = f"image size: expected at least 1x1, got {self.width}x{self.height}"
            raise CameraError(msg)
        self._check_distortion()

    def _check_distortion(self) -> None:
        if self.distortion_model not in DISTORTION_LENGTHS:
            known = ", ".join(DISTORTION_LENGTHS)
            msg = f"distortion model: expected one of {known}, got {self.distortion_model!r}"
            raise CameraError(msg)
        lengths = DISTORTION_LENGTHS[self.distortion_model]
        if len(self.distortion) not in lengths:
            wanted = " or ".join(map(str, lengths))
            msg = f"{self.distortion_model}: expected {wanted} coefficients, got {len(self.distortion)}"
            raise CameraError(msg)

    @classmethod
    def from_matrix(
        cls,
        camera_matrix: ArrayLike,
        width: int,
        height: int,
        distortion: ArrayLike = (),
        distortion_model: str = "plumb_bob",
    ) -> "Camera":
        """Build from a 3x3 matrix. Raises ShapeError, and CameraError for a matrix with skew."""
        k = checked("camera_matrix", camera_matrix, (3, 3))
        expected = np.array([[k[0, 0], 0, k[0, 2]], [0, k[1, 1], k[1, 2]], [0, 0, 1]])
        if not np.array_equal(k, expected):
            msg = f"camera_matrix: expected [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], got {k.tolist()}"
            raise CameraError(f"{msg}; is the camera calibrated?")
        coefficients = tuple(checked("distortion", np.ravel(np.asarray(distortion)), (None,)).tolist())
        fx, fy, cx, cy = (float(k[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
        return cls(fx, fy, cx, cy, width, height, coefficients, distortion_model)

    @cached_property
    def matrix(self) -> FloatArray:
        """Camera matrix, (3, 3), pixels, read-only."""
        return _constant([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    @cached_property
    def _is_pinhole(self) -> bool:
        return not any(self.distortion) and self.distortion_model != "equidistant"

    @cached_property
    def _coefficients(self) -> FloatArray:
        """Distortion coefficients as OpenCV takes them."""
        is_bare_fisheye = self.distortion_model == "equidistant" and not self.distortion
        return _constant((0.0,) * 4 if is_bare_fisheye else self.distortion)

    def resized(self, width: int, height: int) -> "Camera":
        """Return the camera of the image resized to `width` x `height` pixels."""
        sx, sy = width / self.width, height / self.height
        cx, cy = sx * (self.cx + 0.5) - 0.5, sy * (self.cy + 0.5) - 0.5
        return replace(self, fx=sx * self.fx, fy=sy * self.fy, cx=cx, cy=cy, width=width, height=height)

    def cropped(self, x0: float, y0: float, width: int, height: int) -> "Camera":
        """Return the camera of the part whose first pixel is (x0, y0); it may lie outside the image."""
        return replace(self, cx=self.cx - x0, cy=self.cy - y0, width=width, height=height)

    def project(self, points_camera: ArrayLike) -> FloatArray:
        """Project (N, 3) points of the camera frame, metres, to (N, 2) pixels, with distortion.

        Meaningful only for points in front of the camera (z > 0).
        """
        return self.project_with_jacobian(checked("points_camera", points_camera, (None, 3)))[0]

    def project_with_jacobian(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return pixels (N, 2) and d(pixel)/d(point), (N, 2, 3), pixels per metre, of (N, 3) points, metres.

        They are not checked: poses are refined by this.
        """
        count = len(points)
        if count == 0:
            return np.zeros((0, 2)), np.zeros((0, 2, 3))
        if self._is_pinhole:
            return self._project_without_lens(points)
        # OpenCV gives derivatives by translation, which are those by the point; the columns differ.
        if self.distortion_model == "equidistant":
            found = cv2.fisheye.projectPoints(points[:, None], _ZERO, _ZERO, self.matrix, self._coefficients)
            pixels, jacobian = found[0], found[1][:, 11:14]
        else:
            found = cv2.projectPoints(points, _ZERO, _ZERO, self.matrix, self._coefficients)
            pixels, jacobian = found[0], found[1][:, 3:6]
        derivatives: FloatArray = np.asarray(jacobian, np.float64).reshape(count, 2, 3)
        return np.asarray(pixels, np.float64).reshape(count, 2), derivatives

    def _project_without_lens(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what `project_with_jacobian` does, in a fifth of OpenCV's time."""
        focal = self.matrix.diagonal()[:2]
        scales = focal / points[:, 2:]
        offsets = points[:, :2] * scales
        by_point = np.zeros((len(points), 2, 3))
        by_point[:, 0, 0], by_point[:, 1, 1] = scales.T
        by_point[:, :, 2] = -offsets / points[:, 2:]
        return offsets + self.matrix[:2, 2], by_point

    def undistort_pixels(self, pixels: ArrayLike) -> FloatArray:
        """Return the (N, 2) pixels where the ideal pinhole of the same matrix sees (N, 2) `pixels`.

        Newton's method on the projection itself, so `project` inverts it to rounding wherever the lens
        model is invertible; pixels that no ray is projected to get those of a ray that comes near.
        """
        observed = checked("pixels", pixels, (None, 2))
        if self._is_pinhole:
            return observed.copy()
        if len(observed) == 0:
            return np.zeros((0, 2))
        rays = self._initial_rays(observed)
        error, step = self._newton_step(rays, observed)
        for _ in range(_UNDISTORT_STEPS):
            if error.max() < _UNDISTORTED_PX:
                break
            moved = rays - step
            new_error, new_step = self._newton_step(moved, observed)
            better = new_error < error
            rays = np.where(better[:, None], moved, rays)
            # A step that overshoots is tried again at half its length.
            step = np.where(better[:, None], new_step, step / 2)
            error = np.where(better, new_error, error)
        return rays * [self.fx, self.fy] + [self.cx, self.cy]

    def _newton_step(self, rays: FloatArray, pixels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the distances (N,) of projected rays from `pixels` and the steps (N, 2) to remove them."""
        projected, jacobian = self.project_with_jacobian(np.c_[rays, np.ones(len(rays))])
        difference = projected - pixels
        steps = (np.linalg.pinv(jacobian[:, :, :2]) @ difference[:, :, None])[:, :, 0]
        return np.linalg.norm(difference, axis=1), steps

    def _initial_rays(self, pixels: FloatArray) -> FloatArray:
        """Return OpenCV's approximate (N, 2) undistorted rays at z = 1."""
        if self.distortion_model == "equidistant":
            rays = cv2.fisheye.undistortPoints(pixels[:, None], self.matrix, self._coefficients)
        else:
            rays = cv2.undistortPoints(pixels[:, None], self.matrix, self._coefficients)
        guess = np.nan_to_num(np.asarray(rays, np.float64).reshape(len(pixels), 2))
        return np.clip(guess, -_LARGEST_RAY, _LARGEST_RAY)


def _constant(values: ArrayLike) -> FloatArray:
    """Return a float64 array that nobody can write to, as several callers share it."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array
