import numpy as np
import pytest
from scipy.optimize import least_squares

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.errors import ShapeError
from fpgnas_core.metrics import add
from fpgnas_core.pnp import Distance, SurfacePoints, solve_pnp
from fpgnas_core.se3 import exp_rotation, make_transform, transform_points
from tests.fpgnas_core.grids import projections
from tests.fpgnas_core.models import box_object

MODEL = box_object()
PINHOLE = Camera(600.0, 610.0, 315.0, 245.0, 640, 480)
RATIONAL = (0.5, 0.1, 0.001, 0.002, 0.0, 0.8, 0.2, 0.1)
CAMERAS = [
    PINHOLE,
    Camera(600.0, 610.0, 315.0, 245.0, 640, 480, (-0.4, 0.2, 0.002, -0.003, 0.0)),
    Camera(
        600.0,
        610.0,
        315.0,
        245.0,
        640,
        480,
        (0.5, 0.1, 0.001, 0.002, 0.0, 0.8, 0.2, 0.1),
        "rational_polynomial",
    ),
    Camera(300.0, 305.0, 315.0, 245.0, 640, 480, (0.02, -0.01, 0.003, 0.0), "equidistant"),
]
POSE = make_transform(exp_rotation([0.5, -0.6, 0.3]), [0.08, -0.06, 0.5])


def isotropic(sigma: float) -> FloatArray:
    return np.tile(sigma**2 * np.eye(2), (len(MODEL.keypoints), 1, 1))


@pytest.mark.parametrize("camera", CAMERAS, ids=["pinhole", "plumb_bob", "rational", "equidistant"])
def test_exact_pixels_give_the_exact_pose(camera: Camera) -> None:
    solution = solve_pnp(MODEL.keypoints, projections(MODEL, POSE, camera), isotropic(1.0), camera)
    assert solution is not None
    np.testing.assert_allclose(solution.T_camera_object, POSE, atol=1e-6)
    assert solution.reprojection_rms_px < 1e-3


def test_exact_from_every_side() -> None:
    rng = np.random.default_rng(0)
    for vector in rng.normal(scale=2.0, size=(50, 3)):
        pose = make_transform(exp_rotation(vector), [0.02, 0.03, rng.uniform(0.3, 1.5)])
        solution = solve_pnp(MODEL.keypoints, projections(MODEL, pose, PINHOLE), isotropic(1.0), PINHOLE)
        assert solution is not None
        assert add(solution.T_camera_object, pose, MODEL.keypoints) < 1e-5


def correlated_covariances(rng: np.random.Generator) -> FloatArray:
    """Return covariances of different sizes and directions, sigma 0.3 to 2 px."""
    angles = rng.uniform(0, np.pi, len(MODEL.keypoints))
    axes = np.array([[[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]] for a in angles])
    sigmas = rng.uniform(0.3, 2.0, (len(angles), 2))
    return (axes * sigmas[:, None] ** 2) @ axes.swapaxes(1, 2)


@pytest.mark.parametrize("camera", CAMERAS[:2], ids=["pinhole", "plumb_bob"])
def test_covariance_agrees_with_monte_carlo(camera: Camera) -> None:
    rng = np.random.default_rng(1)
    covariances, pixels = correlated_covariances(rng), projections(MODEL, POSE, camera)
    roots = np.linalg.cholesky(covariances)
    errors, reported = [], []
    for _ in range(600):
        noisy = pixels + (roots @ rng.normal(size=(len(pixels), 2, 1)))[:, :, 0]
        solution = solve_pnp(MODEL.keypoints, noisy, covariances, camera)
        assert solution is not None
        pose = solution.T_camera_object
        turn = pose[:3, :3] @ POSE[:3, :3].T
        rotation = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / 2
        errors.append(np.r_[pose[:3, 3] - POSE[:3, 3], rotation])
        reported.append(solution.covariance)
    expected, observed = np.mean(reported, axis=0), np.cov(np.array(errors).T)
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(np.sqrt(np.diag(observed)), scale, rtol=0.1)
    # The whole matrix, in units of the standard deviations: correlations agree as well.
    np.testing.assert_allclose(observed / np.outer(scale, scale), expected / np.outer(scale, scale), atol=0.2)


def test_minimum_agrees_with_scipy() -> None:
    rng = np.random.default_rng(2)
    covariances = correlated_covariances(rng)
    whitening = np.linalg.inv(np.linalg.cholesky(covariances))
    pixels = projections(MODEL, POSE, CAMERAS[1]) + rng.normal(size=(12, 2))

    def moved(step: FloatArray) -> FloatArray:
        return make_transform(exp_rotation(step[3:]) @ POSE[:3, :3], POSE[:3, 3] + step[:3])

    def residuals(step: FloatArray) -> FloatArray:
        difference = projections(MODEL, moved(step), CAMERAS[1]) - pixels
        return (whitening @ difference[:, :, None]).ravel()

    independent = least_squares(residuals, np.zeros(6), x_scale=[0.01] * 3 + [0.1] * 3, xtol=1e-14, ftol=1e-14)
    solution = solve_pnp(MODEL.keypoints, pixels, covariances, CAMERAS[1])
    assert solution is not None
    np.testing.assert_allclose(solution.T_camera_object, moved(independent.x), atol=1e-6)


def test_uncertain_outlier_hardly_counts() -> None:
    pixels, covariances = projections(MODEL, POSE, PINHOLE), isotropic(1.0)
    pixels[5] += 150.0
    covariances[5] *= 150.0**2
    solution = solve_pnp(MODEL.keypoints, pixels, covariances, PINHOLE)
    assert solution is not None
    assert add(solution.T_camera_object, POSE, MODEL.keypoints) < 2e-4


def test_doubled_deviations_double_those_of_the_pose() -> None:
    pixels = projections(MODEL, POSE, PINHOLE)
    one = solve_pnp(MODEL.keypoints, pixels, isotropic(1.0), PINHOLE)
    two = solve_pnp(MODEL.keypoints, pixels, isotropic(2.0), PINHOLE)
    assert one is not None
    assert two is not None
    np.testing.assert_allclose(two.covariance, 4 * one.covariance, rtol=1e-5)


def test_points_in_one_line_fix_no_pose() -> None:
    line = np.linspace(-0.05, 0.05, 12)[:, None] * [1.0, 0.5, 0.2]
    pixels = PINHOLE.project(line @ POSE[:3, :3].T + POSE[:3, 3])
    assert solve_pnp(line, pixels, isotropic(1.0), PINHOLE) is None


def test_points_in_one_place_fix_no_pose() -> None:
    assert solve_pnp(np.zeros((12, 3)), np.full((12, 2), 300.0), isotropic(1.0), PINHOLE) is None


def test_three_points_are_too_few() -> None:
    pixels = projections(MODEL, POSE, PINHOLE)
    assert solve_pnp(MODEL.keypoints[:3], pixels[:3], isotropic(1.0)[:3], PINHOLE) is None


def test_planar_points_are_enough() -> None:
    plane = MODEL.keypoints * [1.0, 1.0, 0.0]
    pixels = PINHOLE.project(plane @ POSE[:3, :3].T + POSE[:3, 3])
    solution = solve_pnp(plane, pixels, isotropic(1.0), PINHOLE)
    assert solution is not None
    np.testing.assert_allclose(solution.T_camera_object, POSE, atol=1e-5)


def test_object_too_small_for_sqpnp_still_has_a_pose() -> None:
    # SQPnP refuses points whose rays differ by less than a few thousandths: here 12 px at f = 12,000 px.
    camera = Camera(12000.0, 12000.0, 319.5, 239.5, 640, 480)
    pose = make_transform(exp_rotation([0.5, -0.6, 0.3]), [0.5, 0.2, 60.0])
    solution = solve_pnp(MODEL.keypoints, projections(MODEL, pose, camera), isotropic(0.01), camera)
    assert solution is not None
    assert solution.reprojection_rms_px < 0.01
    np.testing.assert_allclose(solution.T_camera_object[:3, :3], pose[:3, :3], atol=0.02)


def test_random_pixels_never_give_a_pose_behind_the_camera() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        solution = solve_pnp(MODEL.keypoints, rng.uniform(0, 480, (12, 2)), isotropic(1.0), PINHOLE)
        if solution is not None:
            pose = solution.T_camera_object
            assert (MODEL.keypoints @ pose[2, :3] + pose[2, 3] > 0).all()


def test_indefinite_covariances_are_refused() -> None:
    pixels = projections(MODEL, POSE, PINHOLE)
    with pytest.raises(ShapeError, match="covariances: expected positive definite 2x2 matrices"):
        solve_pnp(MODEL.keypoints, pixels, -isotropic(1.0), PINHOLE)


def test_surface_points_with_errors_do_not_push_the_object_away() -> None:
    """Explained in the picture they do, by the share of their variance: (6 / 35)^2 here."""
    rng = np.random.default_rng(3)
    camera = Camera(500.0, 500.0, 320.0, 240.0, 640, 480)
    true = make_transform(exp_rotation([0.4, -0.7, 0.2]), [0.05, -0.03, 0.6])
    exact = rng.uniform(-0.06, 0.06, (600, 3))
    pixels = camera.project(transform_points(true, exact))
    noisy = exact + rng.normal(0, 0.006, exact.shape)
    rays = (pixels - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    surface = SurfacePoints(noisy, rays, np.full(len(noisy), 0.006))
    unsure = np.tile(1e6 * np.eye(2), (8, 1, 1))
    fitted = solve_pnp(exact[:8], pixels[:8], unsure, camera, start=true, surface=lambda _: surface)
    pictured = solve_pnp(noisy, pixels, np.tile(np.eye(2), (len(noisy), 1, 1)), camera)
    assert fitted is not None
    assert pictured is not None
    assert fitted.T_camera_object[2, 3] == pytest.approx(0.6, rel=0.004)
    assert pictured.T_camera_object[2, 3] > 0.6 * 1.015


def test_distance_is_weighed_against_the_pixels() -> None:
    """Known far better than the pixels tell it, it is what it is said to be; its derivatives are the true ones."""
    camera = Camera(600.0, 600.0, 320.0, 240.0, 640, 480)
    true = make_transform(exp_rotation([0.3, -0.2, 0.5]), [0.05, -0.02, 0.6])
    points = np.random.default_rng(3).uniform(-0.05, 0.05, (8, 3))
    pixels, unsure = camera.project(transform_points(true, points)), np.tile(4.0 * np.eye(2), (8, 1, 1))
    said = 1.04 * transform_points(true, points[:1])[0, 2]
    found = solve_pnp(points, pixels, unsure, camera, distance=Distance(said, 1e-5))
    assert found is not None
    assert transform_points(found.T_camera_object, points[:1])[0, 2] == pytest.approx(said, rel=1e-4)
    ignored = solve_pnp(points, pixels, unsure, camera, distance=Distance(said, 1e3))
    assert ignored is not None
    np.testing.assert_allclose(ignored.T_camera_object, true, atol=1e-5)


def test_derivatives_of_the_distance_are_those_of_small_steps() -> None:
    pose, point, step = make_transform(exp_rotation([0.3, -0.2, 0.5]), [0.05, -0.02, 0.6]), [0.03, 0.02, -0.01], 1e-6
    distance = Distance(0.7, 0.1)

    def row(pose: FloatArray) -> FloatArray:
        turned = pose[:3, :3] @ point
        return distance.linearised(turned, turned + pose[:3, 3])[0]

    for axis in range(6):
        twist = np.zeros(6)
        twist[axis] = step
        moved = make_transform(exp_rotation(twist[3:]) @ pose[:3, :3], pose[:3, 3] + twist[:3])
        assert (row(moved)[6] - row(pose)[6]) / step == pytest.approx(row(pose)[axis], abs=1e-4)
