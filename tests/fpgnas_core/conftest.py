from pathlib import Path

import pytest

from fpgnas_core.estimator import PoseEstimator
from tests.fpgnas_core.estimators import CAMERA, make_estimator


@pytest.fixture
def estimator(tmp_path: Path) -> PoseEstimator:
    return make_estimator(tmp_path, CAMERA)
