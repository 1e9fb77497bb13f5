"""Edges inside an outline against those that a box is known to have."""

import numpy as np
import pytest
import trimesh

from fpgnas_core.camera import Camera
from training.rendering.drawn_view import DrawnView, EdgePoints
from training.rendering.inner_edges import POINTS, inner_edges
from training.rendering.mesh import Mesh
from training.rendering.renderer import Drawable, Material, Renderer

SIZE = np.array([0.10, 0.08, 0.06])
CAMERA = Camera(1600.0, 1600.0, 199.5, 199.5, 400, 400)
A_PIXEL = 0.6 / 1600
"""Metres, where the box is."""
GREY = np.full(3, 0.4)


def box(step: float) -> Mesh:
    """Return a box with flat normals; of each side one triangle is brighter by `step` than the other."""
    solid = trimesh.creation.box(SIZE)
    _, first = np.unique(np.round(solid.face_normals), axis=0, return_index=True)
    colours = np.tile(GREY, (12, 1))
    colours[first] += step
    faces = np.arange(36).reshape(-1, 3)
    normals, shades = (np.repeat(values, 3, axis=0) for values in (solid.face_normals, colours))
    return Mesh(solid.vertices[solid.faces].reshape(-1, 3), normals, shades, faces)


def drawn(renderer: Renderer, mesh: Mesh, turn: tuple[float, float, float]) -> DrawnView:
    """Return the mesh turned by `turn`, a rotation vector, 0.6 m before the camera."""
    pose = np.eye(4)
    pose[:3, :3] = trimesh.transformations.rotation_matrix(np.linalg.norm(turn), turn)[:3, :3]
    pose[2, 3] = 0.6
    objects = [Drawable(renderer.upload(mesh), pose, Material(), 1)]
    parts = renderer.render_geometry(CAMERA, objects), renderer.render_surfaces(CAMERA, objects)
    return DrawnView(*parts, CAMERA, pose)


def found(view: DrawnView) -> EdgePoints:
    """Return the edges without what is none."""
    edges = inner_edges(view, np.random.default_rng(0))
    assert edges.points.shape == edges.normals.shape == (POINTS, 3)
    there = edges.normals.any(axis=1)
    np.testing.assert_allclose(np.linalg.norm(edges.normals[there], axis=1), 1, atol=1e-6)
    return EdgePoints(edges.points[there], edges.normals[there])


def test_creases_of_a_box_are_where_its_sides_meet(renderer: Renderer) -> None:
    """Seen at a corner three edges are inside: where two coordinates are at the box's border."""
    edges = found(drawn(renderer, box(0.0), (0.6, 0.7, 0.2)))
    assert len(edges.points) == POINTS
    from_border = np.sort(np.abs(np.abs(edges.points) - SIZE / 2), axis=1)
    assert np.percentile(from_border[:, 1], 90) < A_PIXEL
    along = np.argmax(np.abs(np.abs(edges.points) - SIZE / 2), axis=1)
    assert set(along) == {0, 1, 2}
    away = from_border[:, 2] > 20 * A_PIXEL  # where the three meet there is no one direction
    np.testing.assert_allclose(edges.normals[np.arange(len(along)), along][away], 0, atol=0.1)


def test_colours_meet_at_an_edge_on_a_flat_side(renderer: Renderer) -> None:
    """A side seen from the front is two triangles, one of them brighter: the diagonal alone is inside."""
    edges = found(drawn(renderer, box(0.3), (np.pi, 0.0, 0.0)))
    slope = SIZE[1] / SIZE[0]
    off = np.minimum(*(np.abs(edges.points[:, 1] - sign * slope * edges.points[:, 0]) for sign in (-1, 1)))
    assert len(edges.points) == POINTS
    assert off.max() < 1.5 * A_PIXEL
    np.testing.assert_allclose(np.abs(edges.normals[:, 1] / edges.normals[:, 0]), 1 / slope, rtol=0.1)


@pytest.mark.parametrize("step", [0.0, 0.05])
def test_where_hardly_anything_changes_is_no_edge(renderer: Renderer, step: float) -> None:
    assert len(found(drawn(renderer, box(step), (np.pi, 0.0, 0.0))).points) == 0
