"""How often, at which sizes and in which crops an estimator looks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fpgnas_core.bundle import write_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.metrics import rotation_error_deg
from fpgnas_core.passes.candidate import Candidate
from fpgnas_core.pnp import PnpSolution
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.se3 import exp_rotation
from tests.fpgnas_core.contour.boxes import box_viewpoints
from tests.fpgnas_core.estimators import CAMERA, CENTER, TURNED_PX, make_estimator, record_passes, tracked_at, true_pose
from tests.fpgnas_core.position_network import picture


@pytest.mark.parametrize(("far_off", "crops"), [([False], 1), ([True, False], 2), ([True, True, True], 3)])
def test_crop_taken_far_off_is_taken_anew_at_most_twice(
    estimator: PoseEstimator, monkeypatch: pytest.MonkeyPatch, far_off: list[bool], crops: int
) -> None:
    verdicts = iter(far_off)
    monkeypatch.setattr("fpgnas_core.passes.candidate.is_misplaced", lambda *_: next(verdicts))
    shapes = record_passes(estimator, monkeypatch)
    assert len(estimator.estimate(picture([CENTER]), CAMERA)) == 1
    assert shapes == [(1, 3, 256, 320), *crops * [(1, 3, 128, 128)]]


@pytest.mark.parametrize(
    ("surest", "most_roll_deg", "patient", "looks"),
    [
        (np.pi, 180, False, 2),
        (np.pi / 2, 180, False, 4),
        (-np.pi / 2, 90, False, 3),
        (0.5, 30, False, 1),
        (np.pi / 12, 30, True, 7),
        (0.5, 30, True, 7),
    ],
)
def test_unsure_pose_is_looked_at_in_all_crops_there_may_be_until_one_is_sure(
    estimator: PoseEstimator,
    monkeypatch: pytest.MonkeyPatch,
    surest: float,
    most_roll_deg: float,
    patient: bool,
    looks: int,
) -> None:
    """In each crop the object seems to stand as the crop is turned; it is sure in one of them only.

    Two of the resized crops, which the patient look at, are so far off in size that they are taken anew.
    """
    bundle = replace(estimator.bundle, most_roll_deg=most_roll_deg)
    estimator = PoseEstimator(bundle, threads=1, patient=patient)
    rolls: list[float] = []

    def second_pass(
        _image: object, _camera: object, candidates: list[Candidate], thorough: bool = False
    ) -> list[PoseEstimate]:
        assert not (thorough and candidates)  # the bundle has no outlines
        rolls.extend(candidate.roll for candidate in candidates)
        return [seen_turned(candidate.roll) for candidate in candidates]

    def seen_turned(roll: float) -> PoseEstimate:
        turned = roll - rolls[0]
        pose = true_pose()
        pose[:3, :3] = exp_rotation([0.0, 0.0, -turned]) @ pose[:3, :3]
        is_surest = np.cos(turned - surest) > 0.99
        return replace(tracked_at(pose), confidence=0.8 if is_surest else 0.55, instance=-1)

    monkeypatch.setattr(estimator._second_pass, "look", second_pass)
    (found,) = estimator.estimate(picture([CENTER]), CAMERA)
    turn = rotation_error_deg(found.T_camera_object[:3, :3], true_pose()[:3, :3])
    is_tried = surest != 0.5
    assert turn == pytest.approx(np.degrees(abs(surest)) if is_tried else 0, abs=0.1)
    assert found.confidence == (0.8 if is_tried else 0.55)
    assert len(rolls) == looks


def test_sure_pose_is_looked_at_once(estimator: PoseEstimator, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = record_passes(estimator, monkeypatch)
    assert estimator.estimate(picture([CENTER]), CAMERA)[0].confidence > 0.9
    assert shapes == [(1, 3, 256, 320), (1, 3, 128, 128)]


def test_next_size_is_searched_while_an_object_is_not_surely_found(
    estimator: PoseEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimator.bundle = replace(estimator.bundle, first_pass_sizes=(32, 320, 640))  # at 32 px it is too small
    shapes = record_passes(estimator, monkeypatch)
    (found,) = estimator.estimate(picture([CENTER]), CAMERA)
    np.testing.assert_allclose(found.keypoints_px[0], CENTER, atol=TURNED_PX)
    assert shapes == [(1, 3, 32, 32), (1, 3, 256, 320), (1, 3, 128, 128)]
    shapes.clear()
    assert estimator.estimate(picture([]), CAMERA) == []
    assert shapes == [(1, 3, 32, 32), (1, 3, 256, 320), (1, 3, 480, 640)]
    shapes.clear()
    assert estimator.estimate(picture([]), CAMERA, sought={2: 1}) == []
    assert shapes == [(1, 3, 32, 32)]


def test_unsure_pose_gets_a_thorough_look_before_other_crops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = make_estimator(tmp_path / "plain", CAMERA)
    bundle = replace(plain.bundle, path=tmp_path / "outlined", viewpoints={1: box_viewpoints()})
    outlined = PoseEstimator(write_bundle(bundle, plain.bundle.model_path.read_bytes()), threads=1)
    looks: list[bool] = []

    def look(solution: PnpSolution, *seen: Any) -> tuple[PnpSolution, float]:
        looks.append(seen[-1])
        return solution, 0.9 if seen[-1] else 0.1

    monkeypatch.setattr("fpgnas_core.passes.second_pass.outlined_pose", look)
    alone, found = (e.estimate(picture([CENTER]), CAMERA)[0] for e in (plain, outlined))
    assert looks == [False, True]
    assert found.confidence == pytest.approx(0.95 * alone.confidence, rel=0.01)
    outlined.estimate(picture([CENTER]), CAMERA, [found])
    assert looks == [False, True, False]
