"""Which networks of a ranking train on."""

from training.learning.derive import Candidate
from training.learning.finalists import distinct
from training.space.layout import Block, Layout
from training.space.network import PoseNetwork
from training.space.space import Space


def candidate(width: int, operator: str, loss: float) -> Candidate:
    stages = (Block(width, 4, ((operator,),)), Block(16, 8, (("conv3x3",),)))
    layout = Layout(16, stages, (), Block(32, 8, (("conv1x1",),)))
    return Candidate(layout, 1.0, loss, PoseNetwork(Space(), layout, 1, 4))


def test_networks_of_other_operators_alone_come_after_those_of_other_widths() -> None:
    ranking = [candidate(16, "conv3x3", 1.0), candidate(16, "conv1x1", 2.0), candidate(24, "conv3x3", 3.0)]
    assert [place for place, _ in distinct(ranking, 3)] == [0, 2, 1]
    assert [(place, found.loss) for place, found in distinct(ranking, 2)] == [(0, 1.0), (2, 3.0)]
