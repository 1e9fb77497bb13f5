"""Visible surface discrepancy."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.camera import Camera
from fpgnas_core.errors import MetricError

_MM_PER_METRE = 1000.0


def vsd(
    depth_estimated: ArrayLike,
    depth_true: ArrayLike,
    depth_measured: ArrayLike,
    camera: Camera,
    diameter: float,
    taus: ArrayLike,
    delta: float,
) -> FloatArray:
    """Return the share of visible pixels where the surfaces differ, (n,), 0 to 1, one for each of the (n,) `taus`.

    Hodan et al., "BOP: Benchmark for 6D Object Pose Estimation", ECCV 2018, with visibility as of BOP
    Challenge 2019: a pixel without a measurement counts as visible. The depth maps are (H, W) of the camera's size,
    metres along the optical axis, 0 where nothing is: the model alone at the estimated and at the true pose, and
    what the sensor saw. `taus`, the misalignment that is still right, is in units of `diameter` (metres); `delta`,
    metres, is how far behind the measurement a visible surface may lie. 1 where neither pose is visible.
    Raises ShapeError, and MetricError for a diameter that is not positive.
    """
    if not diameter > 0:
        msg = f"diameter: expected a positive length in metres, got {diameter}"
        raise MetricError(msg)
    # In millimetres and single precision where the BOP toolkit is, so that pixels on a threshold fall on its side.
    estimated, true, measured = _distances_mm(depth_estimated, depth_true, depth_measured, camera)
    visible_true = _is_visible(true, measured, delta)
    visible_estimated = _is_visible(estimated, measured, delta) | (visible_true & (estimated > 0))
    both, n_either = visible_true & visible_estimated, np.count_nonzero(visible_true | visible_estimated)
    levels = checked("taus", taus, (None,))
    if n_either == 0:
        return np.ones(len(levels))
    discrepancy = np.abs(true[both] - estimated[both]) / (diameter * _MM_PER_METRE)
    n_wrong = np.array([np.count_nonzero(discrepancy >= tau) for tau in levels])
    shares: FloatArray = (n_wrong + n_either - np.count_nonzero(both)) / n_either
    return shares


def _distances_mm(
    depth_estimated: ArrayLike, depth_true: ArrayLike, depth_measured: ArrayLike, camera: Camera
) -> FloatArray:
    """Return distances from the camera centre, (3, N), where either pose shows the object."""
    shape = (camera.height, camera.width)
    names = ("depth_estimated", "depth_true", "depth_measured")
    given = (depth_estimated, depth_true, depth_measured)
    depths = np.stack([checked(name, depth, shape) for name, depth in zip(names, given, strict=True)])
    rows, columns = np.nonzero((depths[0] > 0) | (depths[1] > 0))
    pinhole = camera.undistort_pixels(np.c_[columns, rows])
    x, y = ((pinhole - [camera.cx, camera.cy]) / [camera.fx, camera.fy]).T
    z = depths[:, rows, columns] * _MM_PER_METRE
    distances: FloatArray = np.sqrt((x * z) ** 2 + (y * z) ** 2 + z**2)
    return distances


def _is_visible(surface: FloatArray, measured: FloatArray, delta: float) -> NDArray[np.bool_]:
    behind = surface.astype(np.float32) - measured.astype(np.float32)
    visible: NDArray[np.bool_] = (surface > 0) & ((behind <= delta * _MM_PER_METRE) | (measured == 0))
    return visible
