from typing import Any

import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError

PINHOLE = Camera(500.0, 400.0, 320.0, 240.0, 640, 480)
LENSES = [
    ("plumb_bob", (-0.3, 0.12, 0.001, -0.002, -0.02)),
    ("rational_polynomial", (0.5, 0.1, 0.001, -0.002, 0.02, 0.8, 0.2, 0.05)),
    ("equidistant", (0.02, -0.01, 0.003, -0.001)),
]


def with_lens(model: str, coefficients: tuple[float, ...]) -> Camera:
    return Camera(500.0, 400.0, 320.0, 240.0, 640, 480, coefficients, model)


def test_pinhole_projection_by_hand() -> None:
    np.testing.assert_allclose(PINHOLE.project([[0.2, -0.1, 2.0]]), [[370.0, 220.0]])


def test_radial_distortion_by_hand() -> None:
    # x = 0.1, y = 0.2, r^2 = 0.05: the factor is 1 + 0.4 * 0.05 + 2 * 0.0025 = 1.025.
    camera = with_lens("plumb_bob", (0.4, 2.0, 0.0, 0.0))
    expected = [[320 + 500 * 0.1025, 240 + 400 * 0.205]]
    np.testing.assert_allclose(camera.project([[0.1, 0.2, 1.0]]), expected)


def test_equidistant_projection_by_hand() -> None:
    # 45 degrees off the axis, along x: without coefficients the radius is the angle.
    camera = with_lens("equidistant", ())
    np.testing.assert_allclose(camera.project([[1.0, 0.0, 1.0]]), [[320 + 500 * np.pi / 4, 240.0]])


@pytest.mark.parametrize(("model", "coefficients"), [("plumb_bob", ()), *LENSES])
def test_jacobian_agrees_with_differences(model: str, coefficients: tuple[float, ...]) -> None:
    camera = with_lens(model, coefficients)
    points = np.random.default_rng(0).uniform(-0.4, 0.4, (6, 3)) + np.array([0, 0, 1])
    _, jacobian = camera.project_with_jacobian(points)
    h = 1e-6
    numeric = [(camera.project(points + h * e) - camera.project(points - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(jacobian, np.stack(numeric, axis=2), atol=1e-4)


@pytest.mark.parametrize(("model", "coefficients"), [("plumb_bob", ()), ("equidistant", ()), *LENSES])
def test_undistorting_inverts_projection(model: str, coefficients: tuple[float, ...]) -> None:
    camera = with_lens(model, coefficients)
    points = np.random.default_rng(1).uniform(-0.5, 0.5, (20, 3)) * [1, 1, 0] + [0, 0, 1]
    ideal = camera.undistort_pixels(camera.project(points))
    np.testing.assert_allclose(ideal, PINHOLE.project(points), atol=1e-6)


@pytest.mark.parametrize(("model", "coefficients"), LENSES)
def test_pixels_that_no_ray_reaches_stay_finite(model: str, coefficients: tuple[float, ...]) -> None:
    pixels = np.random.default_rng(2).uniform(-5000, 5000, (500, 2))
    assert np.isfinite(with_lens(model, coefficients).undistort_pixels(pixels)).all()


def test_no_points_give_no_pixels() -> None:
    camera = with_lens(*LENSES[0])
    assert camera.project(np.zeros((0, 3))).shape == (0, 2)
    assert camera.undistort_pixels(np.zeros((0, 2))).shape == (0, 2)


def test_resize_keeps_pixel_centres() -> None:
    # The left edge of the image is at -0.5 before and after: 320 + 0.5 halves to 160.25.
    half = PINHOLE.resized(320, 120)
    assert (half.fx, half.fy, half.cx, half.cy) == (250.0, 100.0, 159.75, 59.625)
    assert (half.width, half.height) == (320, 120)


def test_crop_moves_the_principal_point() -> None:
    part = PINHOLE.cropped(100, -20, 128, 128)
    assert (part.cx, part.cy, part.width, part.height) == (220.0, 260.0, 128, 128)
    assert part.fx == PINHOLE.fx


def test_resize_and_crop_keep_the_lens() -> None:
    camera = with_lens(*LENSES[0])
    point = [[0.3, -0.2, 1.0]]
    moved = camera.resized(1280, 960).cropped(10, 20, 100, 100).project(point)
    np.testing.assert_allclose(moved, (camera.project(point) + 0.5) * 2 - 0.5 - [10, 20])


def test_matrix_round_trip() -> None:
    camera = with_lens(*LENSES[1])
    again = Camera.from_matrix(camera.matrix, 640, 480, camera.distortion, camera.distortion_model)
    assert again == camera


def test_matrix_with_skew() -> None:
    with pytest.raises(CameraError, match=r"camera_matrix: expected \[\[fx, 0, cx\]"):
        Camera.from_matrix([[500, 1, 320], [0, 500, 240], [0, 0, 1]], 640, 480)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fx": 0.0}, r"focal lengths: expected positive numbers, got \(0.0, 400.0\); is the camera cal"),
        ({"fy": float("nan")}, "focal lengths: expected positive numbers"),
        ({"cx": float("inf")}, "principal point and distortion: expected finite numbers"),
        ({"width": 0}, "image size: expected at least 1x1, got 0x480"),
        (
            {"distortion_model": "fov"},
            "expected one of plumb_bob, rational.*, equidistant, got 'fov'",
        ),
        ({"distortion": (0.1,)}, "plumb_bob: expected 0 or 4 or 5 coefficients, got 1"),
    ],
)
def test_cameras_that_are_none(changes: dict[str, Any], message: str) -> None:
    values = {"fx": 500.0, "fy": 400.0, "cx": 320.0, "cy": 240.0, "width": 640, "height": 480} | changes
    with pytest.raises(CameraError, match=message):
        Camera(**values)
