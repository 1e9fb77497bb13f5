import numpy as np
import pytest

from fpgnas_core.metrics import rotation_error_deg, symmetric_rotation_error_deg
from fpgnas_core.se3 import exp_rotation, make_transform
from fpgnas_core.symmetry import ContinuousSymmetry

HALF_TURN_ABOUT_Z = np.diag([-1.0, -1.0, 1.0, 1.0])[None]


def _pose(rotation_vector_deg: list[float]) -> np.ndarray:
    return make_transform(exp_rotation(np.radians(rotation_vector_deg)), [0.0, 0.0, 1.0])


@pytest.mark.parametrize("degrees", [0.0, 0.01, 90.0, 180.0])
def test_rotation_error(degrees: float) -> None:
    base = exp_rotation([0.3, 0.2, -0.4])
    turned = exp_rotation([0.0, np.radians(degrees), 0.0]) @ base
    assert rotation_error_deg(turned, base) == pytest.approx(degrees, abs=1e-9)


def test_discrete_symmetry_leaves_the_rest_of_the_angle() -> None:
    estimated, true = _pose([0, 0, 170]), _pose([0, 0, 0])
    assert symmetric_rotation_error_deg(estimated, true, (), ()) == pytest.approx(170)
    assert symmetric_rotation_error_deg(estimated, true, HALF_TURN_ABOUT_Z, ()) == pytest.approx(10)


def test_turn_about_a_continuous_axis_costs_nothing_between_steps_either() -> None:
    axis = [ContinuousSymmetry((0.0, 0.0, 2.0), (0.1, 0.0, 0.0))]
    assert symmetric_rotation_error_deg(_pose([0, 0, 77.123]), _pose([0, 0, 0]), (), axis) == pytest.approx(0, abs=1e-6)


def test_tilt_of_a_continuous_axis_remains() -> None:
    axis = [ContinuousSymmetry((0.0, 0.0, 1.0))]
    estimated = _pose([25, 0, 0]) @ _pose([0, 0, 130])
    assert symmetric_rotation_error_deg(estimated, _pose([0, 0, 0]), (), axis) == pytest.approx(25)
