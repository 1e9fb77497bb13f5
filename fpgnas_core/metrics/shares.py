"""Shares of errors below a threshold, and their average over all thresholds up to a limit."""

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray
from fpgnas_core.errors import MetricError


def share_below(errors: ArrayLike, threshold: float) -> float:
    """Return the share of (N,) errors below `threshold` (in their unit), 0 to 1.

    Of ADD in diameters below 0.1 this is ADD-0.1d. A missed object has the error infinity. Raises MetricError.
    """
    return float(np.mean(_checked_errors(errors) < threshold))


def area_under_curve(errors: ArrayLike, limit: float) -> float:
    """Return the average of `share_below` over all thresholds from 0 to `limit`, 0 to 1.

    AUC of ADD or ADD-S with a limit of 0.1 m: Xiang et al., "PoseCNN", RSS 2018. The integral over the steps is
    exact, mean(max(0, 1 - e / limit)); the YCB-Video toolbox's sum over right ends is higher by up to 1/N.
    A missed object has the error infinity. Raises MetricError.
    """
    if not limit > 0:
        msg = f"limit: expected a positive number, got {limit}"
        raise MetricError(msg)
    return float(np.mean(np.clip(1 - _checked_errors(errors) / limit, 0, 1)))


def _checked_errors(errors: ArrayLike) -> FloatArray:
    values = np.asarray(errors, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or np.isnan(values).any():
        msg = f"errors: expected at least one number and no NaN, shape (n,), got shape {values.shape}"
        raise MetricError(msg)
    return values
