"""Scores of the satellite pose estimation challenges of 2019 (SPEED) and 2021 (SPEED+); lower is better."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.errors import MetricError
from fpgnas_core.se3 import rotation_angle

SPEED_PLUS_TRANSLATION_FLOOR = 0.002173
"""A relative translation error below this counts 0: the calibration of the lightbox and sunlamp images, 2.173 mm/m."""
SPEED_PLUS_ROTATION_FLOOR_DEG = 0.169
"""A rotation error below this, degrees, counts 0."""


class SpeedErrors(NamedTuple):
    """Both errors of one image."""

    translation: float
    """Distance of the translations over the true distance, no unit."""
    rotation_rad: float
    """Angle between the rotations, radians, 0 to pi."""


def speed_errors(T_estimated: ArrayLike, T_true: ArrayLike) -> SpeedErrors:
    """Return the errors of one pose, (4, 4) `T_camera_object`, metres. Raises MetricError if the true distance is 0.

    Kisantal et al., "Satellite Pose Estimation Challenge: Dataset, Competition Design and Results", IEEE TAES 2020.
    The angle 2 acos|<q', q>| is taken from sine and cosine together, so no clipping is needed.
    """
    estimated, true = checked("T_estimated", T_estimated, (4, 4)), checked("T_true", T_true, (4, 4))
    distance = float(np.linalg.norm(true[:3, 3]))
    if distance == 0:
        msg = "T_true: expected a target away from the camera, got a translation of 0; is the label empty?"
        raise MetricError(msg)
    offset = float(np.linalg.norm(estimated[:3, 3] - true[:3, 3]))
    return SpeedErrors(offset / distance, rotation_angle(estimated[:3, :3] @ true[:3, :3].T))


def speed_score(errors: Sequence[SpeedErrors]) -> float:
    """Return the SPEED score: the mean over images of relative translation error plus rotation error in radians.

    Kisantal et al., IEEE TAES 2020. Raises MetricError if there are no images.
    """
    return float(_terms(errors).sum(axis=1).mean())


def speed_plus_score(errors: Sequence[SpeedErrors]) -> float:
    """Return the SPEED+ score: as the SPEED score, but each error that is below its floor counts 0.

    Park et al., "Satellite Pose Estimation Competition 2021: Results and Analyses", Acta Astronautica 2023. Lightbox
    and sunlamp are scored apart. Raises MetricError if there are no images.
    """
    floors = [SPEED_PLUS_TRANSLATION_FLOOR, np.radians(SPEED_PLUS_ROTATION_FLOOR_DEG)]
    terms = _terms(errors)
    return float(np.where(terms < floors, 0.0, terms).sum(axis=1).mean())


def _terms(errors: Sequence[SpeedErrors]) -> FloatArray:
    if len(errors) == 0:
        msg = "errors: expected those of at least one image, got none"
        raise MetricError(msg)
    return np.array([tuple(error) for error in errors], dtype=np.float64).reshape(-1, 2)
