"""The viewpoint model of the demo object."""

import numpy as np

from tests.training.rendering.demo import demo_model
from training.rendering.renderer import Renderer
from training.rendering.viewpoints import spread_directions, viewpoint_model


def test_directions_are_spread_evenly() -> None:
    directions = spread_directions(400)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    apart = np.degrees(np.arccos(np.clip(directions @ directions.T - 2 * np.eye(400), -1, 1)).min(axis=1))
    assert apart.min() > 7
    assert apart.max() < 12


def test_each_view_has_an_outline_and_edges_inside_it(renderer: Renderer) -> None:
    model = viewpoint_model(renderer, demo_model(), views=6)
    np.testing.assert_allclose(model.directions, spread_directions(6), atol=1e-6)
    assert model.points.shape == model.normals.shape == (6, 128 + 64, 3)
    np.testing.assert_array_equal(model.inner, np.repeat([0, 1], [128, 64]))
    np.testing.assert_allclose(np.linalg.norm(model.normals, axis=2), 1, atol=0.01)
