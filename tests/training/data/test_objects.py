"""Keypoints by farthest-point sampling."""

import numpy as np

from training.data.objects import farthest_points


def test_keypoints_are_the_centre_then_the_farthest() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [4, 0, 0], [-3, 0, 0], [0, 2, 0]])
    found = farthest_points(points, np.zeros(3), 4)
    assert found.tolist() == [[0, 0, 0], [4, 0, 0], [-3, 0, 0], [0, 2, 0]]


def test_keypoints_of_a_box_are_its_corners() -> None:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    inside = np.random.default_rng(0).uniform(-0.5, 0.5, (200, 3))
    found = farthest_points(np.concatenate([inside, corners]), np.zeros(3), 9)
    assert {tuple(p) for p in found[1:]} == {tuple(c) for c in corners}
