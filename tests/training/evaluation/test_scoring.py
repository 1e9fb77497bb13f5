"""Scores of one image."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.se3 import exp_rotation, make_transform
from training.data.models import DatasetModel
from training.data.sample import Annotation, Sample
from training.evaluation.scoring import ScoredModel, score_image

TURN = exp_rotation([0, 0, np.pi])
MODEL = DatasetModel(1, "cross", Path("none.ply"), 0.2, (0.2, 0.2, 0.0), (0, 0, 0), np.zeros((0, 4, 4)), ())
POINTS = np.array([[0.1, 0, 0], [-0.1, 0, 0], [0, 0.05, 0], [0, -0.05, 0]])
SCORED = {1: ScoredModel(MODEL, POINTS)}


def pose(x: float, rotation: FloatArray | None = None) -> FloatArray:
    return make_transform(np.eye(3) if rotation is None else rotation, [x, 0, 1])


def sample(*poses: FloatArray, object_id: int = 1) -> Sample:
    annotations = tuple(Annotation(object_id, T) for T in poses)
    return Sample(0, 0, Path("none.png"), Camera(500, 500, 320, 240, 640, 480), annotations)


def estimate(T: FloatArray, confidence: float = 0.9, object_id: int = 1) -> PoseEstimate:
    return PoseEstimate(object_id, "cross", T, np.eye(6), confidence, np.zeros((9, 2)), 0.5, 0)


def test_errors_of_a_shift_are_the_shift() -> None:
    (score,) = score_image(sample(pose(0)), [estimate(pose(0.01))], SCORED)
    assert score.add == pytest.approx(0.01)
    assert score.relative_add == pytest.approx(0.05)
    assert score.translation_error == pytest.approx(0.01)
    assert score.rotation_error_deg == pytest.approx(0)
    assert score.distance == pytest.approx(1)


def test_missed_object_has_infinite_errors() -> None:
    (score,) = score_image(sample(pose(0)), [], SCORED)
    assert score.estimate is None
    assert math.isinf(score.relative_add)


def test_estimate_of_another_object_does_not_count() -> None:
    (score,) = score_image(sample(pose(0)), [estimate(pose(0), object_id=2)], SCORED)
    assert score.estimate is None


def test_of_several_estimates_the_most_confident_counts_even_if_worse() -> None:
    found = [estimate(pose(0), 0.6), estimate(pose(0.05), 0.8)]
    (score,) = score_image(sample(pose(0)), found, SCORED)
    assert score.add == pytest.approx(0.05)


def test_instances_are_assigned_so_that_errors_sum_to_the_least() -> None:
    found = [estimate(pose(0.31), 0.9), estimate(pose(0.02), 0.8)]
    scores = score_image(sample(pose(0), pose(0.3), pose(0.6)), found, SCORED)
    assert [score.add for score in scores] == pytest.approx([0.02, 0.01, math.inf])


def test_turned_object_is_wrong_unless_it_is_symmetric() -> None:
    turned = [estimate(pose(0, TURN))]
    (plain,) = score_image(sample(pose(0)), turned, SCORED)
    assert plain.add == pytest.approx((2 * 0.2 + 2 * 0.1) / 4)
    assert plain.rotation_error_deg == pytest.approx(180)
    symmetric = replace(MODEL, symmetries_discrete=make_transform(TURN, [0, 0, 0])[None])
    (score,) = score_image(sample(pose(0)), turned, {1: ScoredModel(symmetric, POINTS)})
    assert score.add == pytest.approx(0, abs=1e-9)
    assert score.rotation_error_deg == pytest.approx(0, abs=1e-5)


def test_objects_without_a_model_are_left_out() -> None:
    assert score_image(sample(pose(0), object_id=7), [], SCORED) == []
