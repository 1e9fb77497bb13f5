"""Errors that calibrate covariances: of the found objects alone, in the coordinates of the camera."""

from pathlib import Path

import numpy as np

from tests.training.evaluation.conftest import SHIFT_MM
from training.learning.export import frame_errors
from training.learning.export_settings import ExportSettings


def test_whole_frames_give_an_error_for_each_object_that_is_found(bundle_folder: Path, dataset: Path) -> None:
    right, shifted = frame_errors(
        ExportSettings(run="", dataset="", out=str(bundle_folder), split="test", calibration_frames=str(dataset))
    )
    assert np.abs(right.error).max() < 1e-3
    np.testing.assert_allclose(shifted.error[:3], [SHIFT_MM / 1000, 0, 0], atol=2e-4)
    assert not right.is_gross
    assert not shifted.is_gross
