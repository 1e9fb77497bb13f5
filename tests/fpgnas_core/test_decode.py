from dataclasses import replace

import numpy as np
import pytest

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.errors import ShapeError
from fpgnas_core.metrics import add
from fpgnas_core.pnp import solve_pnp
from fpgnas_core.se3 import exp_rotation, make_transform
from tests.fpgnas_core.grids import GridSet, projections
from tests.fpgnas_core.models import box_object

MODEL = box_object()
N_KEYPOINTS = len(MODEL.keypoints)
CAMERA = Camera(300.0, 300.0, 159.5, 119.5, 320, 240)
LEFT = make_transform(exp_rotation([0.5, 0.3, -0.2]), [-0.1, 0.0, 0.5])
RIGHT = make_transform(exp_rotation([-0.5, 0.9, -0.2]), [0.06, 0.02, 0.6])


def seen(*poses: FloatArray, noise_px: float = 0.0, radius: float = 30.0) -> GridSet:
    grids, rng = GridSet.empty(40, 30, N_KEYPOINTS), np.random.default_rng(0)
    for pose in poses:
        grids.add(projections(MODEL, pose, CAMERA), radius, noise_px, rng)
    return grids


def test_one_cell_by_hand() -> None:
    grids = GridSet.empty(4, 3, 2)
    grids.class_logits[0, 1, 2] = 0.0
    grids.keypoint_offsets[:, 1, 2] = [0.0, 0.0, 1.5, -1.0]
    grids.keypoint_log_scales[:, 1, 2] = np.log([0.1, 0.5])
    found = grids.decoded()
    assert len(found) == 1
    # The cell's centre is at ((2 + 0.5) * 8 - 0.5, (1 + 0.5) * 8 - 0.5) = (19.5, 11.5).
    np.testing.assert_allclose(found[0].keypoints_px, [[19.5, 11.5], [31.5, 3.5]])
    # Variance 2 b^2: 2 * 0.8^2 and 2 * 4^2 square pixels.
    np.testing.assert_allclose(found[0].covariances, [1.28 * np.eye(2), 32.0 * np.eye(2)])
    assert found[0].confidence == pytest.approx(0.5)
    assert found[0].cells.tolist() == [[1, 2]]


def test_number_of_votes_does_not_divide_the_variance() -> None:
    few = seen(LEFT, radius=10).decoded()[0]
    many = seen(LEFT, radius=40).decoded()[0]
    assert len(many.cells) > 5 * len(few.cells)
    np.testing.assert_allclose(many.covariances, few.covariances, atol=1e-9)


def test_disagreement_adds_to_the_variance() -> None:
    grids = GridSet.empty(4, 1, 1)
    grids.class_logits[0, 0, 1:3] = 2.0
    # Votes at x = 15.5 - 4 and 15.5 + 4 from cells at 11.5 and 19.5; scale so wide that both count.
    grids.keypoint_offsets[0, 0, 1:3] = [0.0, 0.0]
    grids.keypoint_log_scales[:] = np.log(1.0)
    votes = grids.decoded()[0]
    np.testing.assert_allclose(votes.keypoints_px, [[15.5, 3.5]], atol=1e-3)
    np.testing.assert_allclose(votes.covariances, [[[128.0 + 16.0, 0.0], [0.0, 128.0]]], atol=1e-3)


def test_surer_votes_weigh_more() -> None:
    grids = GridSet.empty(4, 1, 1)
    grids.class_logits[0, 0, 1:3] = 2.0
    grids.keypoint_log_scales[0, 0] = np.log([1.0, 0.5, 1.0, 1.0])
    # Variances 1 : 4; the Cauchy weights shift the mean a little further to the surer vote at 11.5.
    assert 11.5 < grids.decoded()[0].keypoints_px[0, 0] < 11.5 + 8 / 5


def test_wild_votes_hardly_move_the_result() -> None:
    grids, true = seen(LEFT, noise_px=0.5), projections(MODEL, LEFT, CAMERA)
    clean = grids.decoded()[0]
    rng = np.random.default_rng(1)
    wild = rng.permutation(clean.cells)[: len(clean.cells) // 4]
    for row, column in wild:
        grids.keypoint_offsets[2:, row, column] += rng.uniform(3, 8, 2 * N_KEYPOINTS - 2)
    robust = grids.decoded()[0]
    assert np.linalg.norm(robust.keypoints_px - true, axis=1).max() < 0.8


def test_two_instances_are_told_apart() -> None:
    found = seen(LEFT, RIGHT, noise_px=1.0).decoded()
    assert len(found) == 2
    for pose in (LEFT, RIGHT):
        true = projections(MODEL, pose, CAMERA)
        assert min(np.abs(votes.keypoints_px - true).max() for votes in found) < 1.5


def test_instances_side_by_side_are_told_apart() -> None:
    beside = LEFT.copy()
    beside[0, 3] += 0.08  # two boxes 8 cm apart, 48 pixels in this camera
    found = seen(LEFT, beside, noise_px=1.0, radius=20).decoded()
    assert len(found) == 2


def test_noisy_votes_stay_one_instance() -> None:
    assert len(seen(LEFT, noise_px=4.0).decoded()) == 1


def test_objects_have_their_own_channels() -> None:
    grids = seen(LEFT)
    logits = np.concatenate([np.full_like(grids.class_logits, -5), grids.class_logits])
    found = replace(grids, class_logits=logits).decoded()
    assert [votes.object_index for votes in found] == [1]


def test_stray_cells_are_no_instance() -> None:
    grids = GridSet.empty(40, 30, N_KEYPOINTS)
    # One cell whose keypoints span 20 x 20 cells has too little support.
    grids.class_logits[0, 10, 10] = 3.0
    grids.keypoint_offsets[:, 10, 10] = np.random.default_rng(0).permutation(np.linspace(-10, 10, 24))
    assert grids.decoded() == []


def test_small_instance_of_two_cells_is_kept() -> None:
    far = make_transform(np.eye(3), [0.0, 0.0, 2.0])
    found = seen(far, radius=6).decoded()
    assert len(found) == 1
    np.testing.assert_allclose(found[0].keypoints_px, projections(MODEL, far, CAMERA), atol=1e-9)


def test_threshold_is_on_the_confidence() -> None:
    grids = seen(LEFT)  # logits 3: confidence 0.9526
    assert grids.decoded(0.95) != []
    assert grids.decoded(0.96) == []


def test_most_confident_comes_first() -> None:
    grids = seen(LEFT, RIGHT)
    grids.class_logits[0, :, 20:] -= 1.0
    confidences = [votes.confidence for votes in grids.decoded()]
    assert len(confidences) == 2
    assert confidences[0] > confidences[1]


def test_nothing_above_the_threshold() -> None:
    assert GridSet.empty(40, 30, N_KEYPOINTS).decoded() == []


def test_every_cell_with_random_votes_ends() -> None:
    rng = np.random.default_rng(0)
    grids = GridSet.empty(40, 30, N_KEYPOINTS)
    grids.class_logits[:] = 3.0
    grids.keypoint_offsets[:] = rng.normal(scale=20.0, size=grids.keypoint_offsets.shape)
    grids.keypoint_log_scales[:] = rng.normal(scale=30.0, size=grids.keypoint_log_scales.shape)
    assert all(np.isfinite(votes.covariances).all() for votes in grids.decoded())


def test_grids_of_different_sizes_are_refused() -> None:
    grids = GridSet.empty(40, 30, N_KEYPOINTS)
    with pytest.raises(ShapeError, match=r"keypoint_offsets: expected shape \(24, 30, 40\), got \(22,"):
        replace(grids, keypoint_offsets=grids.keypoint_offsets[:22]).decoded()


def test_pose_comes_back_within_its_covariance() -> None:
    # Errors shared by all cells of an instance, as real votes have them: one draw per keypoint.
    rng, squared = np.random.default_rng(2), []
    true, b = projections(MODEL, LEFT, CAMERA), 0.8
    for _ in range(200):
        grids = GridSet.empty(40, 30, N_KEYPOINTS)
        grids.add(true + rng.laplace(scale=b, size=true.shape), 30.0, noise_px=b)
        votes = grids.decoded()[0]
        solution = solve_pnp(MODEL.keypoints, votes.keypoints_px, votes.covariances, CAMERA)
        assert solution is not None
        assert add(solution.T_camera_object, LEFT, MODEL.keypoints) < 0.05
        error = solution.T_camera_object[:3, 3] - LEFT[:3, 3]
        squared.append(error @ np.linalg.solve(solution.covariance[:3, :3], error))
    # The mean of a chi-square of three degrees of freedom is 3.
    assert np.mean(squared) == pytest.approx(3.0, rel=0.2)


def test_size_is_the_mean_by_certainty_and_its_sigma_counts_the_cells_as_one() -> None:
    """Two cells: log sizes 0.1 (Laplace scale 0.05) and 0.4 (0.1), so weights 4 : 1, variances 2 b^2."""
    grids = GridSet.empty(4, 4, 1)
    grids.add(np.array([[15.5, 11.5]]), 4.5)
    cells = np.argwhere(grids.class_logits[0] > 0)
    assert len(cells) == 2
    for (row, column), size, scale in zip(cells, (0.1, 0.4), (0.05, 0.1), strict=True):
        grids.log_sizes[0, row, column], grids.size_log_scales[0, row, column] = size, np.log(scale)
    (votes,) = grids.decoded()
    assert votes.size_px == pytest.approx(64 * np.exp(0.8 * 0.1 + 0.2 * 0.4))
    spread = 0.8 * 0.06**2 + 0.2 * 0.24**2
    assert votes.size_sigma == pytest.approx(np.sqrt(spread + 0.8 * 2 * 0.05**2 + 0.2 * 2 * 0.1**2))
