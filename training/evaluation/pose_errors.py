"""How far the found poses of an evaluation are off, beside the covariances that were reported with them."""

from __future__ import annotations

from collections.abc import Callable

from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.uncertainty import PoseError
from training.evaluation.run import Evaluation


def pose_errors(
    evaluation: Evaluation, counts: Callable[[PoseEstimate], bool] = lambda estimate: True
) -> list[PoseError]:
    """Those of all objects that were found, as far as the estimate `counts`."""
    models = {model.object_id: model for model in evaluation.bundle.objects}
    return [
        PoseError.of(
            score.estimate.T_camera_object,
            score.estimate.covariance,
            score.annotation.T_camera_object,
            models[score.annotation.object_id],
        )
        for score in evaluation.scores
        if score.estimate is not None and counts(score.estimate)
    ]
