"""Average distance of model points in the image."""

import math

from numpy.typing import ArrayLike

from fpgnas_core.camera import Camera
from fpgnas_core.metrics.points import distances, pixels_of, points_at


def projection_error_px(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike, camera: Camera) -> float:
    """Return the average distance of the projections of (P, 3) model points, pixels; 5 is the usual threshold.

    Brachmann et al., "Uncertainty-Driven 6D Pose Estimation of Objects and Scenes from a Single RGB
    Image", CVPR 2016. Poses are (4, 4) `T_camera_object`. Infinite if a pose puts a point behind the camera.
    """
    estimated = pixels_of(points_at(T_estimated, points), camera)
    true = pixels_of(points_at(T_true, points), camera)
    if estimated is None or true is None:
        return math.inf
    return float(distances(estimated, true).mean())
