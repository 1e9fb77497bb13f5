"""Covariances judged: simulated Gaussian errors against the values of chi-square tables."""

from dataclasses import replace

import numpy as np
import pytest

from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import exp_rotation, make_transform
from fpgnas_core.symmetry import ContinuousSymmetry, covariance_about_axes
from fpgnas_core.uncertainty import (
    FEWEST_FITTED,
    Distances,
    PoseError,
    fitted_scales,
    pose_distances,
    rotation_distances,
    translation_distances,
)

MODEL = ObjectModel(1, "box", np.zeros((4, 3)), 0.2, (0.1, 0.1, 0.1), (0.0, 0.0, 0.0))
ROUND = replace(MODEL, symmetries_continuous=(ContinuousSymmetry((0.0, 0.6, 0.8)),))
SHARES = np.array([0.1, 0.5, 0.9, 0.99])


def covariance(rng: np.random.Generator) -> np.ndarray:
    """Of errors of some millimetres and degrees, which hang together."""
    root = rng.normal(0, 1, (6, 6)) * np.array([0.002, 0.002, 0.004, 0.02, 0.02, 0.02])[:, None]
    return root @ root.T + np.diag([1e-6] * 3 + [1e-4] * 3)


def simulated(count: int, model: ObjectModel = MODEL, honest: tuple[float, float] = (1.0, 1.0)) -> list[PoseError]:
    """Errors whose variances are `honest` times what their covariances say."""
    rng = np.random.default_rng(2)
    errors = []
    for _ in range(count):
        pose = make_transform(exp_rotation(rng.normal(0, 1, 3)), [0.1, -0.2, 0.7])
        spread = covariance(rng)
        off = rng.multivariate_normal(np.zeros(6), spread) * np.sqrt(np.repeat(honest, 3))
        truth = make_transform(exp_rotation(off[3:]) @ pose[:3, :3], pose[:3, 3] + off[:3])
        for symmetry in model.symmetries_continuous:
            truth = truth @ symmetry.turn(rng.uniform(0, 2 * np.pi))
        errors.append(
            PoseError.of(pose, covariance_about_axes(spread, pose, model.symmetries_continuous), truth, model)
        )
    return errors


def test_error_takes_the_estimate_to_the_truth() -> None:
    pose = make_transform(exp_rotation([0.1, 0.2, 0.3]), [0.0, 0.0, 0.5])
    truth = make_transform(exp_rotation([0.01, 0, 0.02]) @ pose[:3, :3], [0.001, 0.0, 0.503])
    found = PoseError.of(pose, np.eye(6), truth, MODEL)
    np.testing.assert_allclose(found.error, [0.001, 0, 0.003, 0.01, 0, 0.02], atol=1e-12)


def test_coverage_equals_chi_square_tables() -> None:
    """chi^2 with 3 degrees: 2.366 is the median, 6.251 the 90 % quantile; with 6: 5.348 and 10.645."""
    three = Distances(np.array([2.365, 2.367, 6.250, 6.252]), np.full(4, 3))
    np.testing.assert_allclose(three.coverage([0.5, 0.9]), [0.25, 0.75])
    six = Distances(np.array([5.347, 5.349, 10.644, 10.646]), np.full(4, 6))
    np.testing.assert_allclose(six.coverage([0.5, 0.9]), [0.25, 0.75])


@pytest.mark.parametrize("measure", [translation_distances, rotation_distances, pose_distances])
def test_honest_gaussian_errors_are_covered_as_they_should(measure) -> None:
    np.testing.assert_allclose(measure(simulated(3000)).coverage(SHARES), SHARES, atol=0.025)


def test_fitted_factors_are_those_of_the_simulation() -> None:
    errors = simulated(4000, honest=(4.0, 0.25))
    scales = fitted_scales(errors)
    assert scales == pytest.approx((4.0, 0.25), rel=0.06)
    scaled = [error.scaled(scales) for error in errors]
    np.testing.assert_allclose(translation_distances(scaled).coverage(SHARES), SHARES, atol=0.025)
    assert translation_distances(errors).coverage([0.9])[0] < 0.5


def test_angle_about_a_continuous_axis_does_not_count() -> None:
    errors = simulated(3000, ROUND)
    distances = rotation_distances(errors)
    assert set(distances.freedoms) == {2}
    assert set(pose_distances(errors).freedoms) == {5}
    np.testing.assert_allclose(distances.coverage(SHARES), SHARES, atol=0.04)  # of the nearest turn, so not quite


def test_gross_misses_are_left_out() -> None:
    errors = simulated(400)
    pose = make_transform(np.eye(3), [0, 0, 0.5])
    flipped, far = make_transform(np.diag([-1.0, -1, 1]), [0, 0, 0.5]), make_transform(np.eye(3), [0, 0, 0.61])
    gross = [PoseError.of(pose, np.eye(6) * 1e-6, truth, MODEL) for truth in (flipped, far)]
    assert [error.is_gross for error in gross] == [True, True]
    assert not any(error.is_gross for error in errors)
    assert fitted_scales(errors + gross * 100) == fitted_scales(errors)


def test_too_few_errors_fit_nothing() -> None:
    assert fitted_scales(simulated(FEWEST_FITTED - 1)) is None
