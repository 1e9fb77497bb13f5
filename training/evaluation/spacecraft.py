"""The figures by which spacecraft are scored, of SPEED (2019) and SPEED+ (2021)."""

from __future__ import annotations

import math

import numpy as np

from fpgnas_core.metrics import SpeedErrors, speed_errors, speed_plus_score, speed_score
from training.evaluation.run import Evaluation
from training.evaluation.scoring import ObjectScore

MISSED = SpeedErrors(1.0, math.pi)
"""An image without an answer counts as off by the whole distance and by half a turn."""


def spacecraft_scores(evaluation: Evaluation) -> dict[str, float | None] | None:
    """Scores of 0 (best) up over all images, mean errors of those found; None unless each image shows one object."""
    if any(len(frame.scores) != 1 for frame in evaluation.frames):
        return None
    scores = evaluation.scores
    errors = [_errors(score) for score in scores]
    found = [score for score in scores if score.estimate is not None]
    translation, rotation = np.mean(errors, axis=0).tolist()
    return {
        "speed_score": speed_score(errors),
        "speed_plus_score": speed_plus_score(errors),
        "translation_score": translation,
        "rotation_score": rotation,
        "mean_translation_error_m": float(np.mean([score.translation_error for score in found])) if found else None,
        "mean_rotation_error_deg": float(np.mean([score.rotation_error_deg for score in found])) if found else None,
        "missed": len(scores) - len(found),
    }


def _errors(score: ObjectScore) -> SpeedErrors:
    if score.estimate is None:
        return MISSED
    return speed_errors(score.estimate.T_camera_object, score.annotation.T_camera_object)
