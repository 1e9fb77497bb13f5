"""One renderer for all tests: an OpenGL context takes a second to make."""

from pathlib import Path

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
