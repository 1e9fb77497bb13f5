"""Estimators that see a part at known places, and what they ran."""

from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.arrays import FloatArray
from fpgnas_core.bundle import write_bundle
from fpgnas_core.camera import Camera
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose_estimate import PoseEstimate
from tests.fpgnas_core.grids import projections
from tests.fpgnas_core.models import box_object, description
from tests.fpgnas_core.position_network import UPRIGHT, fitting_pose, network_for

CAMERA = Camera(600.0, 610.0, 315.0, 245.0, 640, 480)
LENS = Camera(600.0, 610.0, 315.0, 245.0, 640, 480, (-0.3, 0.1, 0.001, -0.002, 0.0))
CENTER = (250.5, 220.5)
TURNED_PX = 1.0  # elsewhere the same pattern is seen from another side, so that crops are turned a little


def make_estimator(folder: Path, camera: Camera, model: ObjectModel | None = None, scale: float = 0.1) -> PoseEstimator:
    """Return an estimator that sees the part as it looks at CENTER, turned by UPRIGHT."""
    bundle = description(folder, model or box_object())
    pixels = projections(bundle.objects[0], true_pose(camera), camera)
    return PoseEstimator(write_bundle(bundle, network_for(bundle, pixels - pixels[0], scale)), threads=1)


def true_pose(camera: Camera = CAMERA) -> FloatArray:
    return fitting_pose(box_object(), UPRIGHT, CENTER, camera)


def tracked_at(pose: FloatArray) -> PoseEstimate:
    return PoseEstimate(1, "part", pose, np.eye(6), 1.0, np.zeros((12, 2)), 0.0, 0)


def record_passes(estimator: PoseEstimator, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Return a list that gets the input shape of each further pass."""
    shapes: list[tuple[int, ...]] = []
    network = estimator._perception.network
    run = network.run
    monkeypatch.setattr(network, "run", lambda images: (shapes.append(images.shape), run(images))[1])
    return shapes
