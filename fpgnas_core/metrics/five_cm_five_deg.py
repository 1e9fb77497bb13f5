"""Whether a pose is within 5 cm and 5 degrees of the true one."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from fpgnas_core.arrays import checked
from fpgnas_core.metrics.rotation import rotation_error_deg
from fpgnas_core.metrics.translation import translation_error
from fpgnas_core.symmetry import ContinuousSymmetry, nearest_equivalent

_METRES, _DEGREES = 0.05, 5.0


def within_5cm_5deg(
    T_estimated: ArrayLike,
    T_true: ArrayLike,
    discrete: ArrayLike = (),
    continuous: Sequence[ContinuousSymmetry] = (),
) -> bool:
    """Return whether translation and rotation are off by less than 5 cm and less than 5 degrees.

    Shotton et al., "Scene Coordinate Regression Forests for Camera Relocalization in RGB-D Images", CVPR 2013.
    Poses (4, 4) `T_camera_object`, metres. With symmetries (as in `symmetric_rotation_error_deg`) the equivalent
    pose whose rotation is nearest counts.
    """
    pose = nearest_equivalent(T_estimated, T_true, discrete, continuous)
    true = checked("T_true", T_true, (4, 4))
    near = translation_error(pose[:3, 3], true[:3, 3]) < _METRES
    return near and rotation_error_deg(pose[:3, :3], true[:3, :3]) < _DEGREES
