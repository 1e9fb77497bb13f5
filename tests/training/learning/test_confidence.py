"""Offsets of confidences: even odds come to lie at 0.5."""

from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.confidence import shifted
from tests.training.evaluation.conftest import bundle_folder, dataset  # noqa: F401
from training.evaluation.run import evaluate_split
from training.evaluation.settings import EvaluationSettings
from training.learning.confidence import Outcome, fitted_offsets, outcomes


def drawn(object_id: int, even_at: float, count: int = 2000) -> list[Outcome]:
    """Outcomes of an object whose poses are as likely right as wrong at a confidence, with a slope of 3."""
    rng = np.random.default_rng(object_id)
    confidences = rng.uniform(0.1, 0.9, count)
    log_odds = np.log(confidences / (1 - confidences)) - np.log(even_at / (1 - even_at))
    right = rng.random(count) < 1 / (1 + np.exp(-3 * log_odds))
    return [Outcome(object_id, float(c), bool(r)) for c, r in zip(confidences, right, strict=True)]


def test_even_odds_of_each_object_come_to_lie_at_a_half() -> None:
    offsets = fitted_offsets([*drawn(3, 0.3), *drawn(7, 0.45)], (7, 3))
    assert shifted(0.45, offsets[0]) == pytest.approx(0.5, abs=0.03)
    assert shifted(0.3, offsets[1]) == pytest.approx(0.5, abs=0.03)


def test_no_confidence_is_lowered() -> None:
    assert fitted_offsets(drawn(3, 0.6), (3,)) == (0.0,)


def test_an_object_with_few_poses_has_about_the_offset_of_the_others() -> None:
    few = [Outcome(5, 0.2, True), Outcome(5, 0.8, False)]
    common, own = fitted_offsets([*drawn(3, 0.4), *few], (3, 5))
    assert own == pytest.approx(common, abs=0.5)


@pytest.mark.parametrize("found", [drawn(3, 0.4, 40), [Outcome(3, 0.7, True)] * 100])
def test_nothing_is_fitted_to_few_poses_or_to_right_ones_alone(found: list[Outcome]) -> None:
    assert fitted_offsets(found, (3, 4)) == (0.0, 0.0)


def test_estimates_far_from_the_truth_are_wrong(
    bundle_folder: Path,  # noqa: F811
    dataset: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of the two that are found is 8 mm off, of a box with a diagonal of 141 mm: 0.057 diameters."""
    evaluation = evaluate_split(EvaluationSettings(str(bundle_folder), str(dataset), "test", str(bundle_folder)))
    assert [outcome.right for outcome in outcomes(evaluation)] == [True, True]
    monkeypatch.setattr("training.learning.confidence.RIGHT", 0.05)
    assert [outcome.right for outcome in outcomes(evaluation)] == [True, False]
    assert all(outcome.confidence >= 0.5 for outcome in outcomes(evaluation))
