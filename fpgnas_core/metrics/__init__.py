"""Errors of poses and the scores made of them; pure functions, metres and pixels in, metres and pixels out.

Poses are `T_camera_object`, (4, 4), metres. An estimate that is missing counts as an infinite error.
"""

from fpgnas_core.metrics.average_distance import add, add_or_adi, adi
from fpgnas_core.metrics.bop import (
    BOP_MSPD_THRESHOLDS,
    BOP_REFERENCE_WIDTH,
    BOP_SYMMETRY_STEPS,
    BOP_THRESHOLDS,
    BOP_VSD_DELTA,
    BOP_VSD_TAUS,
    BopScores,
    bop_scores,
)
from fpgnas_core.metrics.five_cm_five_deg import within_5cm_5deg
from fpgnas_core.metrics.matching import match_greedily
from fpgnas_core.metrics.model_points import ModelPoints, PointErrors
from fpgnas_core.metrics.mspd import mspd
from fpgnas_core.metrics.mssd import mssd
from fpgnas_core.metrics.projection import projection_error_px
from fpgnas_core.metrics.recall import TargetErrors, average_recall, recall
from fpgnas_core.metrics.rotation import rotation_error_deg, symmetric_rotation_error_deg
from fpgnas_core.metrics.shares import area_under_curve, share_below
from fpgnas_core.metrics.speed import (
    SPEED_PLUS_ROTATION_FLOOR_DEG,
    SPEED_PLUS_TRANSLATION_FLOOR,
    SpeedErrors,
    speed_errors,
    speed_plus_score,
    speed_score,
)
from fpgnas_core.metrics.translation import translation_error
from fpgnas_core.metrics.vsd import vsd

__all__ = [
    "BOP_MSPD_THRESHOLDS",
    "BOP_REFERENCE_WIDTH",
    "BOP_SYMMETRY_STEPS",
    "BOP_THRESHOLDS",
    "BOP_VSD_DELTA",
    "BOP_VSD_TAUS",
    "SPEED_PLUS_ROTATION_FLOOR_DEG",
    "SPEED_PLUS_TRANSLATION_FLOOR",
    "BopScores",
    "ModelPoints",
    "PointErrors",
    "SpeedErrors",
    "TargetErrors",
    "add",
    "add_or_adi",
    "adi",
    "area_under_curve",
    "average_recall",
    "bop_scores",
    "match_greedily",
    "mspd",
    "mssd",
    "projection_error_px",
    "recall",
    "rotation_error_deg",
    "share_below",
    "speed_errors",
    "speed_plus_score",
    "speed_score",
    "symmetric_rotation_error_deg",
    "translation_error",
    "vsd",
    "within_5cm_5deg",
]
