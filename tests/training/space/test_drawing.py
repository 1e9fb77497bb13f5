"""Pictures: well-formed, with every operator, and the macs that the network counts."""

import xml.etree.ElementTree as ElementTree

from tests.training.space.conftest import tiny_space
from training.space.cost import count_macs
from training.space.drawing import draw_layout, draw_space
from training.space.layout import Block, Layout
from training.space.network import PoseNetwork


def texts(svg: str) -> list[str]:
    return [
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    ]


def test_network_shows_its_operators_and_macs() -> None:
    layout = Layout(8, (Block(8, 4, (("conv3x3",),)), Block(8, 8, (("pool3x3",),))), ("stage1",), Block(8, 8, ()))
    shown = texts(draw_layout(layout, 64, 17))
    macs = count_macs(PoseNetwork(tiny_space(), layout, 1, 4), 64)
    assert shown[0] == f"{macs / 1e6:.2f} MMAC at 64 x 64 px"
    assert {"stage1.0", "stage2.0", "conv3x3", "pool3x3", "stage2 (grid)", "8 ch, 16 px"} <= set(shown)


def test_space_shows_every_candidate_of_every_layer() -> None:
    shown = texts(draw_space(tiny_space()))
    assert shown.count("conv1x1") == 5
    assert {"depth 1/2", "4/8 ch, stride 4", "8 ch, stride 4/8"} <= set(shown)
