"""Keypoints by farthest-point sampling, and the axis that is turned up."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fpgnas_core.se3 import make_transform
from fpgnas_core.symmetry import ContinuousSymmetry
from training.data.models import DatasetModel
from training.data.objects import farthest_points, upright_axis


def test_keypoints_are_the_centre_then_the_farthest() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [4, 0, 0], [-3, 0, 0], [0, 2, 0]])
    found = farthest_points(points, np.zeros(3), 4)
    assert found.tolist() == [[0, 0, 0], [4, 0, 0], [-3, 0, 0], [0, 2, 0]]


def test_keypoints_of_a_box_are_its_corners() -> None:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    inside = np.random.default_rng(0).uniform(-0.5, 0.5, (200, 3))
    found = farthest_points(np.concatenate([inside, corners]), np.zeros(3), 9)
    assert {tuple(p) for p in found[1:]} == {tuple(c) for c in corners}


def model(
    size: tuple[float, float, float], *turns: Rotation, axes: tuple[ContinuousSymmetry, ...] = ()
) -> DatasetModel:
    matrices = np.array([make_transform(turn.as_matrix(), [0, 0, 0]) for turn in turns]).reshape(-1, 4, 4)
    return DatasetModel(1, "thing", Path("none.ply"), 0.1, size, (0.0, 0.0, 0.0), matrices, axes)


HALF = [Rotation.from_rotvec(np.pi * axis) for axis in np.eye(3)]


def test_upright_axis_is_the_longest_side() -> None:
    assert upright_axis(model((0.1, 0.3, 0.2))) == (0, 1, 0)


def test_upright_axis_lies_along_the_symmetry() -> None:
    """So that the roll of a crop is the same for poses that look the same."""
    assert upright_axis(model((0.1, 0.3, 0.2), HALF[2])) == (0, 0, 1)
    round_about_x = ContinuousSymmetry((2.0, 0.0, 0.0))
    assert upright_axis(model((0.1, 0.3, 0.3), axes=(round_about_x,))) == (1, 0, 0)


def test_upright_axis_may_be_none_of_the_box() -> None:
    tilted = np.array([0.0, 0.6, 0.8])
    found = np.array(upright_axis(model((0.1, 0.1, 0.1), Rotation.from_rotvec(2 * np.pi / 3 * tilted))))
    assert abs(found @ tilted) == pytest.approx(1)


def test_upright_axis_of_a_brick_is_one_that_its_turns_at_most_reverse() -> None:
    assert upright_axis(model((0.1, 0.3, 0.2), *HALF)) == (0, 1, 0)
    can = ContinuousSymmetry((0.0, 0.0, 1.0))
    assert upright_axis(model((0.3, 0.3, 0.2), HALF[0], axes=(can,))) == (0, 0, 1)
