import numpy as np
import pytest

from fpgnas_core.metrics import (
    BOP_MSPD_THRESHOLDS,
    BOP_SYMMETRY_STEPS,
    BOP_THRESHOLDS,
    BOP_VSD_TAUS,
    TargetErrors,
    bop_scores,
)


def _targets(*errors: list[float]) -> list[TargetErrors]:
    return [TargetErrors(np.array([0.9]), np.array([[row]]), np.array([1.0]), 1) for row in errors]


def test_parameters_of_the_challenge() -> None:
    twentieths = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]
    assert pytest.approx(twentieths) == BOP_THRESHOLDS
    assert pytest.approx(twentieths) == BOP_VSD_TAUS
    assert BOP_MSPD_THRESHOLDS == (5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
    assert int(np.ceil(np.pi / 0.01)) == BOP_SYMMETRY_STEPS


def test_average_recalls_by_hand() -> None:
    # VSD 0.32: right at 4 of 10 thresholds for 5 of 10 taus. MSSD 0.12 d and 0.6 d: 8 and 0 of 10. MSPD 7 px: 9 of 10.
    vsd = _targets([0.32] * 5 + [1.0] * 5)
    scores = bop_scores(vsd, _targets([0.12], [0.6]), _targets([7.0]))
    assert scores.ar_vsd == pytest.approx(0.2)
    assert scores.ar_mssd == pytest.approx(0.4)
    assert scores.ar_mspd == pytest.approx(0.9)
    assert scores.ar == pytest.approx(0.5)


def test_perfect_and_missed() -> None:
    perfect = bop_scores(_targets([0.0] * 10), _targets([0.0]), _targets([0.0]))
    missed = bop_scores(_targets([1.0] * 10), _targets([np.inf]), _targets([np.inf]))
    assert (perfect.ar, missed.ar) == (1.0, 0.0)
