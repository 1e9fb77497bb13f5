"""Distances that pixels imply, against a camera whose numbers are known."""

import numpy as np
import pytest
import torch

from fpgnas_core.se3 import exp_rotation, make_transform, transform_points
from training.learning.distance_loss import (
    FEWEST_CELLS,
    LARGEST_ERROR,
    Geometry,
    distance_errors,
    inverse_variances,
    log_sizes,
    seen_enough,
)

MATRIX = np.array([[300.0, 0.0, -40.0], [0.0, 300.0, 90.0], [0.0, 0.0, 1.0]])
POINTS = np.array([[0.05, 0.03, 0.0], [-0.05, 0.02, 0.03], [0.0, -0.04, -0.03], [0.02, 0.0, 0.05]])
POSE = make_transform(exp_rotation([0.5, -0.9, 0.4]), [0.2, -0.05, 0.6])


def geometry() -> Geometry:
    def one(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values.astype(np.float32))[None]

    return Geometry(
        one(POSE),
        torch.full((1,), 0.12),
        one(np.linalg.inv(MATRIX)[:2]),
        one(POINTS),
        torch.ones(1, 3),
        torch.zeros(1, 3),
    )


def pixels(pose: np.ndarray) -> torch.Tensor:
    seen = transform_points(pose, POINTS) @ MATRIX.T
    return torch.from_numpy((seen[:, :2] / seen[:, 2:]).astype(np.float32))[None]


def error(seen: torch.Tensor, points: np.ndarray = POINTS, weights: torch.Tensor | None = None) -> float:
    where = torch.from_numpy(points.astype(np.float32))[None]
    return float(distance_errors(where, seen, torch.ones(1, 4) if weights is None else weights, geometry()))


def test_true_pixels_have_no_error() -> None:
    assert error(pixels(POSE)) == pytest.approx(0.0, abs=1e-5)


def test_pixels_of_a_farther_object_give_how_much_farther_it_is() -> None:
    """Moved along its own ray: 0.63 m in place of 0.6 m."""
    farther = POSE.copy()
    farther[:3, 3] *= 1.05
    assert error(pixels(farther)) == pytest.approx(0.05, abs=1e-4)


def test_points_that_are_too_large_put_it_farther_away() -> None:
    assert error(pixels(POSE), points=1.03 * POINTS) == pytest.approx(0.03, abs=1e-4)


def test_points_without_weight_do_not_count() -> None:
    seen = pixels(POSE)
    seen[0, 3] += 25.0
    assert error(seen) > 0.02
    assert error(seen, weights=torch.tensor([[1.0, 1.0, 1.0, 0.0]])) == pytest.approx(0.0, abs=1e-5)


def test_large_errors_are_capped_and_give_no_gradient() -> None:
    seen = pixels(POSE)
    small = (seen - seen.mean(dim=1, keepdim=True)) * 0.2 + seen.mean(dim=1, keepdim=True)
    small.requires_grad_(True)
    found = distance_errors(torch.from_numpy(POINTS.astype(np.float32))[None], small, torch.ones(1, 4), geometry())
    found.sum().backward()
    assert float(found) == pytest.approx(LARGEST_ERROR)
    assert small.grad is not None
    assert not small.grad.any()


def test_size_is_the_diameter_at_the_centre_s_distance() -> None:
    """300 px a unit, 0.12 m at the first keypoint's distance, in 64 px."""
    centre = transform_points(POSE, POINTS[:1])[0]
    assert float(log_sizes(geometry())) == pytest.approx(np.log(300 * 0.12 / centre[2] / 64), abs=1e-5)


def test_objects_on_too_few_cells_do_not_count() -> None:
    shares = torch.zeros(2, 4, 4)
    shares[0, 0, : int(FEWEST_CELLS)] = 1.0
    shares[1, 0, : int(FEWEST_CELLS) - 1] = 1.0
    assert seen_enough(shares).tolist() == [1.0, 0.0]


def test_weights_are_those_of_the_decoder() -> None:
    """A Laplace scale twice as large counts a quarter, and is not trained by it."""
    log_scales = torch.tensor([0.0, np.log(2.0)], requires_grad=True)
    weights = inverse_variances(log_scales)
    assert weights.tolist() == pytest.approx([1.0, 0.25])
    assert not weights.requires_grad
