"""Networks that short trainings so far say would learn best: a linear model of their held-out losses.

A neural predictor (Wen et al. 2020) of as few trainings as a search can pay is a ridge regression on widths, depths,
strides, levels and operators.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from training.learning.derive import draw_layouts, unlearned_layouts
from training.space.gates import BudgetGates
from training.space.layout import Block, Layout
from training.space.space import Space, stage_name

RIDGE = 10.0
"""Of standardised descriptions."""
DRAWN_FOR_EACH, MOST_DRAWN = 25, 500
"""Networks to choose from for each finalist, and at most: of the gates as they learned, and of gates that have not."""


class Proposals:
    """Chooses the next finalists among many draws by what the losses of the finalists before predict."""

    def __init__(self, gates: BudgetGates, tau: float, finalists: int, rng: np.random.Generator) -> None:
        """tau: temperature of the gates.  finalists: of the search, each of which costs far more than a draw."""
        count = min(MOST_DRAWN, DRAWN_FOR_EACH * finalists)
        drawn = [*draw_layouts(gates, tau, count, rng), *unlearned_layouts(gates, count, rng)]
        self._space, self._drawn = gates.space, list(dict.fromkeys(drawn))

    def next(self, known: Sequence[tuple[Layout, float]], count: int) -> list[Layout]:
        """At most `count` networks of the lowest predicted losses, no skeleton twice nor one of those known.

        known: networks and their held-out losses after equal trainings.
        """
        layouts, losses = zip(*known, strict=True)
        predicted = predict(self._space, layouts, np.array(losses), self._drawn)
        taken, found = {layout.skeleton for layout in layouts}, []
        for place in np.argsort(predicted, kind="stable"):
            layout = self._drawn[place]
            if layout.skeleton not in taken and len(found) < count:
                taken.add(layout.skeleton)
                found.append(layout)
        return found


def predict(
    space: Space, known: Sequence[Layout], losses: NDArray[np.float64], others: Sequence[Layout]
) -> NDArray[np.float64]:
    """(len(others),) losses, by a ridge regression on those of the known networks."""
    rows = np.array([[*description(space, layout)] for layout in (*known, *others)])
    usual = np.ma.masked_invalid(rows).mean(axis=0).filled(0.0)
    rows = np.where(np.isnan(rows), usual, rows)  # the width of what is not there tells nothing
    own = rows[: len(known)]
    rows = (rows - own.mean(axis=0)) / np.maximum(own.std(axis=0), 1e-9) * (own.std(axis=0) > 0)
    own, rest = rows[: len(known)], rows[len(known) :]
    weights = np.linalg.solve(own.T @ own + RIDGE * np.eye(own.shape[1]), own.T @ (losses - losses.mean()))
    return np.asarray(losses.mean() + rest @ weights)


def description(space: Space, layout: Layout) -> Iterator[float]:
    """Numbers that tell networks of a space apart; NaN for the width and stride of a stage that is not there."""
    yield np.log2(layout.stem_width)
    for index in range(len(space.stages)):
        stage = layout.stages[index] if index < len(layout.stages) else None
        yield from (np.log2(stage.width), np.log2(stage.stride)) if stage else (np.nan, np.nan)
        yield len(stage.layers) if stage else 0
        yield stage_name(index) in layout.neck
    yield np.log2(layout.head.width)
    yield len(layout.head.layers)
    yield from _operator_shares(space, layout.stages)


def _operator_shares(space: Space, stages: Sequence[Block]) -> Iterator[float]:
    """How many operators a layer has in the mean, and the share of each kind."""
    layers = [operators for stage in stages for operators in stage.layers]
    names = [name for operators in layers for name in operators]
    yield len(names) / max(1, len(layers))
    kinds = sorted({name for stage in range(len(space.stages)) for name in space.operators_of(stage)})
    yield from (names.count(kind) / max(1, len(names)) for kind in kinds)
