"""Per object, from which confidence on poses are more likely right than wrong (Platt scaling with one slope)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from training.evaluation.run import Evaluation

RIGHT = 0.1
"""Diameters: ADD below which a pose is right."""
FEWEST = 50
"""Poses, right and wrong together, to fit anything."""
FIRST_SLOPE = 3.0
RIDGE = 2.0
"""Nats that an offset of 1 from the mean of all costs: an object with few poses has about the offset of the others."""
HIGHEST = 0.999
"""A surer one counts as this, whose log odds are finite."""


class Outcome(NamedTuple):
    """An estimate of an evaluation."""

    object_id: int
    confidence: float
    right: bool


def outcomes(evaluation: Evaluation) -> list[Outcome]:
    """All estimates; those that no annotated object was compared with are wrong."""
    found = []
    for frame in evaluation.frames:
        right = {id(s.estimate) for s in frame.scores if s.estimate is not None and s.relative_add < RIGHT}
        found += [Outcome(e.object_id, e.confidence, id(e) in right) for e in frame.estimates]
    return found


def fitted_offsets(found: Sequence[Outcome], object_ids: Sequence[int]) -> tuple[float, ...]:
    """Log odds to add to the confidences of each object, so that 0.5 is as likely right as wrong; 0 from too few.

    The likeliest offsets and common slope of P(right) = sigmoid(slope (log odds of the confidence + offset)). Never
    below 0: an object whose poses just above 0.5 are oftener wrong than right would be lost in a sequence, and searched
    for, where it was tracked (3 to 8 of the 150 frames of the demo recording were dropped, in place of 0 or 1).
    """
    right = np.array([outcome.right for outcome in found], bool)
    if len(found) < FEWEST or right.all() or not right.any():
        return (0.0,) * len(object_ids)
    confidences = np.minimum([outcome.confidence for outcome in found], HIGHEST)
    log_odds = np.log(confidences / (1 - confidences))
    places = np.array([list(object_ids).index(outcome.object_id) for outcome in found])

    def cost(parameters: np.ndarray) -> float:
        offsets, slope = parameters[:-1], np.exp(parameters[-1])
        surplus = slope * (log_odds + offsets[places]) * np.where(right, 1, -1)
        return float(np.logaddexp(0, -surplus).sum() + RIDGE * np.sum((offsets - offsets.mean()) ** 2))

    start = np.r_[np.zeros(len(object_ids)), np.log(FIRST_SLOPE)]
    return tuple(np.maximum(minimize(cost, start, method="BFGS").x[:-1], 0.0).tolist())
