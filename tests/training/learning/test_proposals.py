"""What the losses of short trainings say of other networks."""

import numpy as np
import pytest

from tests.training.learning.test_derive import SPACE, gates_at
from training.learning.derive import unlearned_layouts
from training.learning.proposals import RIDGE, Proposals, description, predict
from training.space.layout import Block, Layout
from training.space.space import Head, Space, Stage

TWO_STAGES = Space(
    stem_widths=(16,),
    stages=(Stage((16, 32, 64), (1,), (2,)), Stage((32, 64), (1,), (2,))),
    operators=("conv1x1", "conv3x3"),
    grid_stride=4,
    head=Head((32,), (0,)),
)


def layout(width: int, second: int = 0) -> Layout:
    stages = (Block(width, 4, (("conv3x3",),)),) + ((Block(second, 8, (("conv1x1", "conv3x3"),)),) if second else ())
    return Layout(16, stages, ("stage2",) if second else (), Block(32, 4, ()))


def test_description_names_sizes_levels_and_operators() -> None:
    assert [*description(TWO_STAGES, layout(32, 64))] == pytest.approx(
        [4, 5, 2, 1, False, 6, 3, 1, True, 5, 0, 1.5, 1 / 3, 2 / 3]
    )


def test_width_of_a_stage_that_is_not_there_is_none() -> None:
    values = [*description(TWO_STAGES, layout(32))]
    assert np.flatnonzero(np.isnan(values)).tolist() == [5, 6]
    assert values[7:9] == [0, False]


def test_prediction_is_the_ridge_regression_of_what_differs() -> None:
    """Networks of one stage differ by its width alone, standardised -sqrt(3/2), 0, sqrt(3/2)."""
    predicted = predict(TWO_STAGES, [layout(16), layout(32), layout(64)], np.array([3.0, 2.0, 1.0]), [layout(64)])
    slope = -2 * np.sqrt(1.5) / (3 + RIDGE)
    assert predicted == pytest.approx([2 + slope * np.sqrt(1.5)])


def test_proposed_are_those_that_resemble_what_learned_well() -> None:
    gates = gates_at(0.4)
    known = unlearned_layouts(gates, 24, np.random.default_rng(5))
    losses = [10.0 - np.log2(found.head.width) for found in known]
    proposals = Proposals(gates, 1.0, 8, np.random.default_rng(0))
    found = proposals.next(list(zip(known, losses, strict=True)), 4)
    assert {layout.head.width for layout in found} == {max(SPACE.head.widths)}
    skeletons = [layout.skeleton for layout in found]
    assert len(set(skeletons)) == 4
    assert not set(skeletons) & {layout.skeleton for layout in known}
