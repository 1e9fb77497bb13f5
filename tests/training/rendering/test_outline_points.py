"""Outlines against the surface and against an independent ray caster."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from scipy.spatial import KDTree

from fpgnas_core.camera import Camera
from fpgnas_core.contour import ViewpointModel
from tests.training.rendering.casting import cast
from tests.training.rendering.demo import demo_model
from tests.training.rendering.test_inner_edges import box, drawn
from training.errors import RenderError
from training.rendering.mesh import Mesh
from training.rendering.outline_points import POINTS, outline_points
from training.rendering.renderer import Renderer
from training.rendering.viewpoints import viewpoint_model

CAMERA = Camera(900.0, 900.0, 119.5, 119.5, 240, 240)


def test_outlines_lie_on_the_surface_and_at_the_border_of_its_picture(renderer: Renderer, demo_mesh: Mesh) -> None:
    model = viewpoint_model(renderer, demo_model(), views=6)
    surface = trimesh.Trimesh(demo_mesh.vertices, demo_mesh.faces, process=False)
    near = KDTree(trimesh.sample.sample_surface(surface, 200_000, seed=1)[0])
    for direction, points, normals in zip(model.directions, *_outlines(model), strict=True):
        # Half a pixel beyond the last one, 0.2 mm here, may be off a surface that slopes away.
        distances, _ = near.query(points)
        assert np.percentile(distances, 90) < 0.0006
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=0.01)
        assert np.abs(normals @ direction).max() < 0.1
        pose = _pose_from(direction, model.center)
        mask = cast(demo_mesh, CAMERA, pose) > 0
        inside, outside = (_seen(mask, pose, points + shift * normals) for shift in (-0.0015, 0.0015))
        assert inside.mean() > 0.9
        assert outside.mean() < 0.1


def test_normals_are_unit_vectors(renderer: Renderer) -> None:
    """Those of a viewpoint model are rounded to two decimals, for its file."""
    edges = outline_points(drawn(renderer, box(0.0), (0.6, 0.7, 0.2)), np.random.default_rng(0), "box")
    assert edges.points.shape == edges.normals.shape == (POINTS, 3)
    np.testing.assert_allclose(np.linalg.norm(edges.normals, axis=1), 1, atol=1e-6)


def test_mesh_without_faces_to_see_is_refused(renderer: Renderer, tmp_path: Path) -> None:
    speck = trimesh.creation.box([1e-4, 1e-4, 1e-4])
    speck.export(tmp_path / "speck.ply")
    with pytest.raises(RenderError, match="demo: expected an object with an outline from all sides"):
        viewpoint_model(renderer, demo_model(tmp_path / "speck.ply"), views=2)


def _outlines(model: ViewpointModel) -> tuple[np.ndarray, np.ndarray]:
    return model.points[:, model.inner == 0], model.normals[:, model.inner == 0]


def _pose_from(direction: np.ndarray, center: np.ndarray) -> np.ndarray:
    """Return the pose of the object seen from `direction`, 0.7662 m away (six diameters), about its centre."""
    z = -direction / np.linalg.norm(direction)
    x = np.cross(z, [0.3, 0.5, 0.8])
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, :3] = [x, np.cross(z, x), z]
    pose[:3, 3] = -pose[:3, :3] @ (center - 6 * 0.1277 * z)
    return pose


def _seen(mask: np.ndarray, pose: np.ndarray, points: np.ndarray) -> np.ndarray:
    pixels = np.rint(CAMERA.project(points.astype(float) @ pose[:3, :3].T + pose[:3, 3])).astype(int)
    return mask[pixels[:, 1], pixels[:, 0]]
