"""A network for other objects than it was found for: the same but for its classes."""

import pytest
import torch

from training.space.architecture import Architecture
from training.space.layout import Block, Layout
from training.space.network import build_network
from training.space.other_objects import for_objects, with_classes
from training.space.space import Space

LAYOUT = Layout(
    8,
    (Block(8, 4, (("conv3x3",),)), Block(12, 8, (("conv1x1",),)), Block(16, 16, (("conv1x1",),))),
    ("stage3",),
    Block(12, 8, ((),)),
)
FOUND = Architecture(Space(), LAYOUT, 2, 5, 64, 10**8, 1000, 10)


def test_each_class_costs_one_channel_of_the_last_convolution() -> None:
    smaller, larger = for_objects(FOUND, 3), for_objects(FOUND, 7)
    assert larger.macs - smaller.macs == 4 * 12 * 8 * 8  # head width, 8 x 8 cells of 64 x 64 px
    assert larger.params - smaller.params == 4 * (12 + 1)
    assert for_objects(FOUND, 2) is FOUND


@pytest.mark.parametrize("count", [1, 2, 6])
def test_all_but_the_classes_stays_and_these_start_at_the_mean(count: int) -> None:
    before = build_network(FOUND).eval()
    after = build_network(for_objects(FOUND, count)).eval()
    after.load_state_dict(with_classes(before.state_dict(), 2, count))
    image = torch.rand(1, 3, 64, 64)
    old, new = before(image), after(image)
    torch.testing.assert_close(new.keypoint_offsets, old.keypoint_offsets)
    torch.testing.assert_close(new.size_log_scales, old.size_log_scales)
    expected = old.class_logits if count == 2 else old.class_logits.mean(dim=1, keepdim=True).expand(-1, count, -1, -1)
    torch.testing.assert_close(new.class_logits, expected)
