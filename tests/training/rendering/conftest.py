"""One renderer for all tests: an OpenGL context takes a second to make."""

from pathlib import Path

import numpy as np
import pytest

from training.rendering.mesh import Mesh, load_mesh
from training.rendering.renderer import Renderer

ASSETS = Path(__file__).parents[3] / "assets"


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture(scope="session")
def demo_mesh() -> Mesh:
    return load_mesh(ASSETS / "demo_object.ply", "mm")


@pytest.fixture
def two_tones() -> Mesh:
    """Two upright stripes in a plane, left and right, of grey 0.2 and 0.6 in linear light."""
    left = np.array([[-0.1, -0.1, 0], [-0.02, -0.1, 0], [-0.02, 0.1, 0], [-0.1, 0.1, 0]], np.float32)
    right, faces = left + np.array([0.12, 0, 0], np.float32), np.array([[0, 2, 1], [0, 3, 2]])
    greys = np.sqrt(np.repeat([0.2, 0.6], 4))[:, None] * np.ones(3)
    towards_camera = np.tile([0, 0, -1.0], (8, 1))
    return Mesh(np.concatenate([left, right]), towards_camera, greys, np.concatenate([faces, faces + 4]))
