"""The loss against hand-computed numbers."""

import math

import pytest
import torch

from training.learning.distance_loss import Geometry
from training.learning.loss import CLASS_WEIGHT, COORDINATE_WEIGHT, VOTE_WEIGHT, Targets, cell_centres, pose_loss
from training.space.network import PoseGrid

STRIDE = 8
NO_SYMMETRIES = (torch.zeros(0, dtype=torch.long), torch.zeros(0, 1, 4, 4))
APPARENT_SIZE = math.log(1 / 64)  # of 1 m seen from 1 m with a focal length of 1 px, in 64 px
ONE_METRE = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])


def one_cell(offset: float, log_scale: float, logit: float = 0.0, coordinate: float = 0.0) -> PoseGrid:
    return PoseGrid(
        torch.full((1, 1, 1, 1), logit),
        torch.full((1, 2, 1, 1), offset),
        torch.full((1, 1, 1, 1), log_scale),
        torch.full((1, 3, 1, 1), coordinate),
        torch.zeros(1, 1, 1, 1),
        torch.full((1, 1, 1, 1), APPARENT_SIZE),
        torch.zeros(1, 1, 1, 1),
    )


def targets(keypoint: float, visible: float = 1.0, coordinate: float = 0.0) -> Targets:
    return Targets(
        torch.full((1, 1, STRIDE, STRIDE), visible),
        torch.full((1, 3, STRIDE, STRIDE), coordinate),
        torch.zeros(1, 1, STRIDE, STRIDE, dtype=torch.uint8),
        torch.zeros(1, dtype=torch.long),
        torch.full((1, 1, 2), keypoint),
        Geometry(
            ONE_METRE[None],
            torch.ones(1),
            torch.eye(2, 3)[None],
            torch.zeros(1, 1, 3),
            torch.ones(1, 3),
            torch.zeros(1, 3),
        ),
        *NO_SYMMETRIES,
    )


def test_coordinate_error_is_that_of_the_visible_pixels() -> None:
    truth = targets(3.5, coordinate=0.4)
    truth.masks[..., : STRIDE // 2] = 0
    truth.coordinates[..., : STRIDE // 2] = -0.5  # hidden, so without influence
    loss = pose_loss(one_cell(0.0, 0.0, coordinate=0.1), truth, STRIDE)
    assert float(loss.coordinates) == pytest.approx(0.3 * 0.5, abs=1e-6)  # half of the cell is visible


def test_cell_centres_lie_between_pixels() -> None:
    centres = cell_centres(2, 3, STRIDE)
    assert centres[0, 0].tolist() == [3.5, 11.5, 19.5]
    assert centres[1, :, 0].tolist() == [3.5, 11.5]


def test_votes_and_scales_equal_hand_count() -> None:
    log_scale, error = 0.7, 0.5  # the vote says 1.5 strides, the truth is 1
    grid = one_cell(offset=1.5, log_scale=log_scale, coordinate=0.1)
    loss = pose_loss(grid, targets(keypoint=3.5 + 8, coordinate=0.3), STRIDE)
    assert float(loss.votes) == pytest.approx(error)
    assert float(loss.coordinates) == pytest.approx(0.2)
    assert float(loss.scales) == pytest.approx(error * math.exp(-log_scale) + log_scale + 0.2, rel=1e-6)
    total = CLASS_WEIGHT * float(loss.classes) + VOTE_WEIGHT * float(loss.votes) + float(loss.scales)
    total += COORDINATE_WEIGHT * float(loss.coordinates)
    assert float(loss.total) == pytest.approx(total, rel=1e-6)


def test_class_cost_equals_hand_count() -> None:
    loss = pose_loss(one_cell(0, 0, logit=2.0), targets(3.5, visible=1.0), STRIDE)
    assert float(loss.classes) == pytest.approx(math.log(1 + math.exp(-2.0)), rel=1e-6)


def test_scales_do_not_move_the_votes() -> None:
    """The gradient of a vote is that of its absolute error, however sure it is."""
    for log_scale in (-2.0, 3.0):
        grid = one_cell(1.5, log_scale)
        grid.keypoint_offsets.requires_grad_(True)
        pose_loss(grid, targets(3.5 + 8), STRIDE).total.backward()
        assert grid.keypoint_offsets.grad is not None
        assert grid.keypoint_offsets.grad.flatten().tolist() == pytest.approx([VOTE_WEIGHT / 2] * 2)


def test_cells_off_the_object_do_not_vote() -> None:
    loss = pose_loss(one_cell(offset=9.0, log_scale=0.0), targets(3.5, visible=0.0), STRIDE)
    assert float(loss.votes) == 0.0


def test_best_log_scale_is_that_of_the_error() -> None:
    costs = {s: float(pose_loss(one_cell(2.0, s), targets(3.5), STRIDE).scales) for s in (0.2, math.log(2.0), 1.2)}
    assert min(costs, key=lambda s: costs[s]) == math.log(2.0)


def test_each_object_has_a_class_of_its_own() -> None:
    logits = torch.tensor([[[[-9.0]], [[9.0]]]])
    nothing = torch.zeros(1, 3, 1, 1)
    grid = PoseGrid(logits, *(nothing[:, :n] for n in (2, 1, 3, 1, 1, 1)))
    right = targets(3.5)._replace(object_index=torch.tensor([1]))
    assert float(pose_loss(grid, right, STRIDE).classes) < 0.001
    assert float(pose_loss(grid, targets(3.5), STRIDE).classes) > 5


def test_object_beside_the_crop_s_own_keeps_its_class() -> None:
    """A quarter of the cell shows the second object, three quarters the first, whose crop it is."""
    logits = torch.tensor([[[[math.log(3.0)]], [[-math.log(3.0)]]]])  # 3/4 and 1/4: the best answer
    nothing = torch.zeros(1, 3, 1, 1)
    truth = targets(3.5)
    truth.masks[..., :2] = 0
    truth.others[..., :2] = 2

    def cost(by: float) -> float:
        grid = PoseGrid(logits + torch.tensor([0.0, by])[:, None, None], *(nothing[:, :n] for n in (2, 1, 3, 1, 1, 1)))
        return float(pose_loss(grid, truth, STRIDE).classes)

    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert cost(0.0) == pytest.approx(2 * entropy, rel=1e-6)  # of both objects
    assert min(cost(-0.5), cost(0.5)) > cost(0.0)


def test_distance_error_of_votes_that_are_too_wide() -> None:
    """A grid of 3 x 3 cells; two keypoints 0.2 m apart at 1 m, seen 8 px apart and voted 8.8 px apart: 1 / 1.1 m."""
    height = width = 3
    truth = Targets(
        torch.ones(1, 1, 24, 24),
        torch.zeros(1, 3, 24, 24),
        torch.zeros(1, 1, 24, 24, dtype=torch.uint8),
        torch.zeros(1, dtype=torch.long),
        torch.tensor([[[7.5, 11.5], [15.5, 11.5]]]),
        Geometry(
            ONE_METRE[None],
            torch.ones(1),
            torch.tensor([[0.025, 0, -0.2875], [0, 0.025, -0.2875]])[None],  # 40 px a unit, middle at 11.5
            torch.tensor([[[-0.1, 0, 0], [0.1, 0, 0]]]),
            torch.ones(1, 3),
            torch.zeros(1, 3),
        ),
        *NO_SYMMETRIES,
    )
    centres = cell_centres(height, width, STRIDE)
    seen = torch.tensor([[7.1, 11.5], [15.9, 11.5]])
    offsets = ((seen[:, :, None, None] - centres) / STRIDE).view(1, 4, height, width)
    flat = torch.zeros(1, 2, height, width)
    # of the surface every cell says what is true at the distance of 1 m
    surface = torch.cat([(centres - 11.5) / 40, torch.zeros(1, height, width)])[None]
    grid = PoseGrid(flat[:, :1], offsets, flat, surface, *3 * [flat[:, :1]])
    assert float(pose_loss(grid, truth, STRIDE).distances) == pytest.approx(1 - 1 / 1.1, abs=1e-4)
