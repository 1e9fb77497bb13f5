"""Errors that calibrate covariances: of the found objects alone, in the coordinates of the camera."""

from pathlib import Path

import numpy as np

from tests.training.evaluation.conftest import SHIFT_MM
from training.evaluation.pose_errors import pose_errors
from training.evaluation.run import evaluate_split
from training.evaluation.settings import EvaluationSettings


def test_whole_frames_give_an_error_for_each_object_that_is_found(bundle_folder: Path, dataset: Path) -> None:
    evaluation = evaluate_split(EvaluationSettings(str(bundle_folder), str(dataset), "test", str(bundle_folder)))
    right, shifted = pose_errors(evaluation)
    assert np.abs(right.error).max() < 1e-3
    np.testing.assert_allclose(shifted.error[:3], [SHIFT_MM / 1000, 0, 0], atol=2e-4)
    assert not right.is_gross
    assert not shifted.is_gross
    first = next(score.estimate for score in evaluation.scores if score.estimate is not None)
    (counted,) = pose_errors(evaluation, lambda estimate: estimate is first)
    np.testing.assert_array_equal(counted.error, right.error)
