"""All errors at once are those of the functions that compute one of them."""

import math

import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.metrics import ModelPoints, add, adi, mspd, mssd, projection_error_px
from fpgnas_core.se3 import exp_rotation, make_transform
from fpgnas_core.symmetry import ContinuousSymmetry, symmetry_transforms

CAMERA = Camera(500.0, 400.0, 320.0, 240.0, 640, 480)
BENT = Camera(500.0, 400.0, 320.0, 240.0, 640, 480, (-0.2, 0.05, 0.001, 0.0))
ALONE = np.eye(4)[None]
HALF_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])
TURNS = symmetry_transforms(HALF_TURN[None], [ContinuousSymmetry((0.0, 0.1, 1.0), (0.01, 0.0, 0.0))], 36)
TRUE = make_transform(exp_rotation([0.3, -0.2, 1.0]), [0.05, 0.02, 0.6])


def cloud(count: int) -> np.ndarray:
    """Points all over a ball of 10 cm, some of them twice."""
    points = np.random.default_rng(5).normal(scale=0.03, size=(count, 3))
    return np.concatenate([points, points[: count // 2], points[: count // 5]])


@pytest.mark.parametrize("camera", [CAMERA, BENT])
@pytest.mark.parametrize("symmetries", [ALONE, TURNS])
def test_agree_with_the_functions(symmetries: np.ndarray, camera: Camera) -> None:
    rng, points = np.random.default_rng(1), cloud(300)
    model = ModelPoints(points, symmetries)
    for scale in (0.0, 0.02, 0.3):
        moved = make_transform(exp_rotation(3 * scale * rng.normal(size=3)), scale * rng.normal(size=3) * [1, 1, 0.3])
        estimated = TRUE @ moved
        nearest = estimated @ symmetries[-1]
        errors = model.errors(estimated, TRUE, nearest, camera)
        exact = {"rel": 1e-9, "abs": 1e-12}
        assert errors.add == pytest.approx(add(estimated, TRUE, points), **exact)
        assert errors.adi == pytest.approx(adi(estimated, TRUE, points), **exact)
        assert errors.mssd == pytest.approx(mssd(estimated, TRUE, points, symmetries), **exact)
        assert errors.mspd_px == pytest.approx(mspd(estimated, TRUE, points, symmetries, camera), **exact)
        assert errors.projection_px == pytest.approx(projection_error_px(nearest, TRUE, points, camera), **exact)


def test_a_point_within_the_hull_may_move_most_in_the_image() -> None:
    # The near one in the middle of a large tetrahedron's face, seen from 1 cm; the corners are a metre away.
    points = np.array([[0, 0, 0.011], [1.0, 0, 1], [-1.0, 1, 1], [-1.0, -1, 1], [0, 0, 0.01]])
    moved = make_transform(np.eye(3), [0.001, 0, 0])
    errors = ModelPoints(points, ALONE).errors(moved, np.eye(4), moved, CAMERA)
    assert errors.mspd_px == pytest.approx(500 * 0.001 / 0.01)
    assert errors.mssd == pytest.approx(0.001)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_points_that_enclose_nothing(count: int) -> None:
    points = np.array([[0.1, 0, 0], [0, 0.1, 0], [-0.1, 0, 0], [0, -0.1, 0]])[:count]
    moved = make_transform(np.eye(3), [0.03, 0.0, 0.6])
    true = make_transform(np.eye(3), [0.0, 0.0, 0.6])
    errors = ModelPoints(points, ALONE).errors(moved, true, moved, CAMERA)
    assert errors.add == pytest.approx(0.03)
    assert errors.mssd == pytest.approx(0.03)
    assert errors.mspd_px == pytest.approx(500 * 0.03 / 0.6)
    assert errors.projection_px == pytest.approx(500 * 0.03 / 0.6)


@pytest.mark.parametrize("side", ["estimated", "true"])
def test_behind_the_camera_is_infinite_in_pixels_alone(side: str) -> None:
    behind = make_transform(np.eye(3), [0.0, 0.0, -1.0])
    estimated, true = (behind, TRUE) if side == "estimated" else (TRUE, behind)
    errors = ModelPoints(cloud(20), ALONE).errors(estimated, true, estimated, CAMERA)
    assert (errors.mspd_px, errors.projection_px) == (math.inf, math.inf)
    assert errors.add > 1


def test_without_a_camera_pixels_are_unknown() -> None:
    errors = ModelPoints(cloud(20), ALONE).errors(TRUE, TRUE, TRUE, None)
    assert math.isnan(errors.mspd_px)
    assert math.isnan(errors.projection_px)
    assert errors.add == errors.mssd == 0


def test_nearest_points_far_away_are_exact_too() -> None:
    points = np.random.default_rng(2).uniform(-0.05, 0.05, (400, 3))
    points[:300, 2] = 0.05  # A face, on which points are nearly equally far.
    estimated = TRUE @ make_transform(exp_rotation([0.2, 0.1, 0]), [1.0, 2.0, 3.0])
    first, second = (points @ pose[:3, :3].T + pose[:3, 3] for pose in (estimated, TRUE))
    expected = np.linalg.norm(second[:, None] - first, axis=2).min(axis=1).mean()
    assert ModelPoints(points, ALONE).errors(estimated, TRUE, estimated, None).adi == pytest.approx(expected, rel=1e-9)
