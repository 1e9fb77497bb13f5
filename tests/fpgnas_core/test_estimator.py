import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.arrays import ByteArray
from fpgnas_core.bundle import write_bundle
from fpgnas_core.camera import Camera
from fpgnas_core.confidence import shifted
from fpgnas_core.errors import ImageError
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.metrics import add, rotation_error_deg
from fpgnas_core.passes.candidate import Candidate
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.symmetry import ContinuousSymmetry
from tests.fpgnas_core.contour.boxes import box_viewpoints
from tests.fpgnas_core.estimators import (
    CAMERA,
    CENTER,
    LENS,
    TURNED_PX,
    make_estimator,
    record_passes,
    tracked_at,
    true_pose,
)
from tests.fpgnas_core.grids import projections
from tests.fpgnas_core.models import box_object, description, silent_model
from tests.fpgnas_core.position_network import network_for, picture


@pytest.mark.parametrize("camera", [CAMERA, LENS], ids=["pinhole", "distorted"])
def test_pose_of_a_known_picture(tmp_path: Path, camera: Camera) -> None:
    found = make_estimator(tmp_path, camera).estimate(picture([CENTER]), camera)
    assert len(found) == 1
    true, model = true_pose(camera), box_object()
    assert np.abs(found[0].keypoints_px - projections(model, true, camera)).max() < 0.01
    assert add(found[0].T_camera_object, true, model.keypoints) < 1e-4
    assert rotation_error_deg(found[0].T_camera_object[:3, :3], true[:3, :3]) < 0.05
    assert (found[0].object_id, found[0].name, found[0].instance) == (1, "part", 0)
    assert found[0].confidence > 0.9
    assert (np.linalg.eigvalsh(found[0].covariance) > 0).all()


def test_two_instances_get_two_numbers(estimator: PoseEstimator) -> None:
    centers = [(150.5, 200.5), (450.5, 260.5)]
    found = estimator.estimate(picture(centers), CAMERA)
    assert sorted(pose.instance for pose in found) == [0, 1]
    seen = sorted(tuple(pose.keypoints_px[0]) for pose in found)
    np.testing.assert_allclose(seen, centers, atol=TURNED_PX)


def test_max_instances_limits_the_result(estimator: PoseEstimator) -> None:
    estimator.max_instances = 1
    assert len(estimator.estimate(picture([(150.5, 200.5), (450.5, 260.5)]), CAMERA)) == 1


def test_instances_of_one_object_do_not_crowd_out_another(tmp_path: Path) -> None:
    """All look alike here, so that each object is seen at both places."""
    bundle = description(tmp_path, box_object(), box_object("other", 2))
    pixels = projections(box_object(), true_pose(), CAMERA)
    both = PoseEstimator(write_bundle(bundle, network_for(bundle, pixels - pixels[0])), threads=1, max_instances=1)
    found = both.estimate(picture([(150.5, 200.5), (450.5, 260.5)]), CAMERA)
    assert sorted(pose.object_id for pose in found) == [1, 2]


def test_no_more_than_is_sought_is_found(estimator: PoseEstimator) -> None:
    two = picture([(150.5, 200.5), (450.5, 260.5)])
    assert len(estimator.estimate(two, CAMERA, sought={1: 3})) == 2
    assert len(estimator.estimate(two, CAMERA, sought={1: 1})) == 1
    assert estimator.estimate(two, CAMERA, sought={2: 1}) == []


def test_instance_cut_by_the_border(estimator: PoseEstimator) -> None:
    found = estimator.estimate(picture([(10.5, 240.5)]), CAMERA)
    assert len(found) == 1
    # The cells at the border mix the picture with the fill beyond it.
    np.testing.assert_allclose(found[0].keypoints_px[0], (10.5, 240.5), atol=0.5)


def test_nothing_to_see(estimator: PoseEstimator) -> None:
    assert estimator.estimate(picture([]), CAMERA) == []


def test_confidence_falls_with_what_is_known_of_the_rotation_until_nothing_is_seen(tmp_path: Path) -> None:
    found = [
        make_estimator(tmp_path / str(scale), CAMERA, scale=scale).estimate(picture([CENTER]), CAMERA)
        for scale in (0.1, 0.5, 20.0)
    ]
    assert found[0][0].confidence > found[1][0].confidence > 0.5
    assert found[2] == []


def test_tracking_skips_the_first_pass_and_keeps_the_number(
    estimator: PoseEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = estimator.estimate(picture([CENTER]), CAMERA)
    shapes = record_passes(estimator, monkeypatch)
    moved = (CENTER[0] + 12, CENTER[1] - 7)
    tracked = estimator.estimate(picture([moved]), CAMERA, [replace(first[0], instance=3)])
    assert shapes == [(1, 3, 128, 128)]
    assert [pose.instance for pose in tracked] == [3]
    np.testing.assert_allclose(tracked[0].keypoints_px[0], moved, atol=0.01)


@pytest.mark.parametrize(("confidences", "instances"), [((0.9, 0.6), 1), ((0.6, 0.55), 1), ((0.9, 0.7), 2)])
def test_unsure_second_instance_is_left_out_unless_it_is_sought(
    estimator: PoseEstimator,
    monkeypatch: pytest.MonkeyPatch,
    confidences: tuple[float, float],
    instances: int,
) -> None:
    look, two = estimator._second_pass.looks, picture([(150.5, 200.5), (450.5, 260.5)])

    def looks(image: ByteArray, camera: Camera, candidates: list[Candidate]) -> list[PoseEstimate | None]:
        found = look(image, camera, candidates)
        return [pose and replace(pose, confidence=c) for pose, c in zip(found, confidences, strict=False)]

    monkeypatch.setattr(estimator._second_pass, "looks", looks)
    estimator.bundle = replace(estimator.bundle, most_roll_deg=0.0)
    assert len(estimator.estimate(two, CAMERA)) == instances
    assert len(estimator.estimate(two, CAMERA, sought={1: 2})) == 2


def test_colours_that_hardly_change_at_the_outline_cost_confidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = make_estimator(tmp_path / "plain", CAMERA)
    bundle = replace(plain.bundle, path=tmp_path / "outlined", viewpoints={1: box_viewpoints()})
    outlined = PoseEstimator(write_bundle(bundle, plain.bundle.model_path.read_bytes()), threads=1)
    monkeypatch.setattr("fpgnas_core.passes.second_pass.outlined_pose", lambda solution, *_: (solution, 0.4))
    alone, found = (e.estimate(picture([CENTER]), CAMERA)[0] for e in (plain, outlined))
    assert found.confidence == pytest.approx(0.7 * alone.confidence)
    assert outlined.last_timings.outline_s > 0
    outlined.confidence_threshold = 0.7
    assert outlined.estimate(picture([CENTER]), CAMERA) == []
    assert outlined.last_timings.outline_s > 0
    outlined.confidence_threshold = 1.0
    assert outlined.estimate(picture([CENTER]), CAMERA) == []
    assert outlined.last_timings.outline_s == 0  # no outline would make it surer


def test_confidence_is_moved_by_the_bundles_offset(tmp_path: Path) -> None:
    plain = make_estimator(tmp_path / "plain", CAMERA)
    bundle = replace(plain.bundle, path=tmp_path / "moved", confidence_offsets=(-2.0,))
    moved = PoseEstimator(write_bundle(bundle, plain.bundle.model_path.read_bytes()), threads=1)
    before, after = (e.estimate(picture([CENTER]), CAMERA)[0].confidence for e in (plain, moved))
    assert after == pytest.approx(shifted(before, -2.0))
    assert after < before


def test_lost_track_runs_the_first_pass(estimator: PoseEstimator, monkeypatch: pytest.MonkeyPatch) -> None:
    first = estimator.estimate(picture([CENTER]), CAMERA)
    shapes = record_passes(estimator, monkeypatch)
    found = estimator.estimate(picture([(520.5, 350.5)]), CAMERA, first)
    assert shapes == [(1, 3, 128, 128), (1, 3, 256, 320), (1, 3, 128, 128)]
    np.testing.assert_allclose(found[0].keypoints_px[0], (520.5, 350.5), atol=TURNED_PX)


def test_one_of_two_tracks_lost_gives_each_once(estimator: PoseEstimator) -> None:
    both = estimator.estimate(picture([(150.5, 200.5), (450.5, 260.5)]), CAMERA)
    found = estimator.estimate(picture([(150.5, 200.5)]), CAMERA, both)
    assert len(found) == 1
    kept = next(pose for pose in both if pose.keypoints_px[0][0] < 300)
    assert found[0].instance == kept.instance


def test_two_tracks_on_one_object_become_one(estimator: PoseEstimator) -> None:
    first = estimator.estimate(picture([CENTER]), CAMERA)[0]
    assert len(estimator.estimate(picture([CENTER]), CAMERA, [first, replace(first, instance=1)])) == 1


def test_symmetric_object_does_not_flip_while_tracked(tmp_path: Path) -> None:
    half_turn = np.diag([-1.0, -1.0, 1.0, 1.0])
    model = replace(box_object(), symmetries_discrete=half_turn[None])
    estimator = make_estimator(tmp_path, CAMERA, model)
    for reference in (true_pose(), true_pose() @ half_turn):
        previous = replace(tracked_at(reference), instance=0)
        found = estimator.estimate(picture([CENTER]), CAMERA, [previous])[0]
        assert rotation_error_deg(found.T_camera_object[:3, :3], reference[:3, :3]) < 0.05


def test_angle_about_a_continuous_axis_is_unknown(tmp_path: Path) -> None:
    model = replace(box_object(), symmetries_continuous=(ContinuousSymmetry((0.0, 0.0, 1.0)),))
    found = make_estimator(tmp_path, CAMERA, model).estimate(picture([CENTER]), CAMERA)[0]
    axis = found.T_camera_object[:3, 2]
    assert axis @ found.covariance[3:, 3:] @ axis == pytest.approx(np.pi**2 / 3)


def test_covariance_is_scaled_by_the_bundle(tmp_path: Path, estimator: PoseEstimator) -> None:
    plain = estimator.estimate(picture([CENTER]), CAMERA)[0].covariance
    bundle = replace(estimator.bundle, path=tmp_path / "scaled", covariance_scales=(4.0, 9.0))
    scaled_estimator = PoseEstimator(write_bundle(bundle, estimator.bundle.model_path.read_bytes()))
    scaled = scaled_estimator.estimate(picture([CENTER]), CAMERA)[0].covariance
    np.testing.assert_allclose(scaled[:3, :3], 4 * plain[:3, :3])
    np.testing.assert_allclose(scaled[3:, 3:], 9 * plain[3:, 3:])
    np.testing.assert_allclose(scaled[:3, 3:], 6 * plain[:3, 3:])


def test_timings_add_up_to_less_than_the_call(estimator: PoseEstimator) -> None:
    start = time.perf_counter()
    estimator.estimate(picture([CENTER]), CAMERA)
    spent, timings = time.perf_counter() - start, estimator.last_timings
    stages = (timings.preprocess_s, timings.network_s, timings.decode_s, timings.pnp_s)
    assert all(stage > 0 for stage in stages)
    assert timings.outline_s == 0  # the bundle has no outlines
    assert sum(stages) < spent


def test_image_of_another_size_than_the_camera(estimator: PoseEstimator) -> None:
    with pytest.raises(ImageError, match="expected the camera's 640x480, got 320x240"):
        estimator.estimate(np.zeros((240, 320, 3), np.uint8), CAMERA)


@pytest.mark.parametrize("image", [np.zeros((480, 640), np.uint8), np.zeros((480, 640, 3), np.float32)])
def test_image_of_another_kind(estimator: PoseEstimator, image: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"expected \(height, width, 3\) uint8 in BGR, got"):
        estimator.estimate(image, CAMERA)


def test_cpu_runs_it_where_no_gpu_is(tmp_path: Path) -> None:
    bundle = write_bundle(description(tmp_path), silent_model())
    estimator = PoseEstimator(bundle, threads=1)
    estimator.warm_up(640, 480)
    assert estimator.execution_provider.endswith("ExecutionProvider")
    assert estimator.estimate(picture([CENTER]), CAMERA) == []
