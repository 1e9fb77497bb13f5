"""Meshes: units, formats, colours, and files that are no mesh."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial, SimpleMaterial

from training.errors import MeshError
from training.rendering.mesh import decimated, from_trimesh, is_closed, load_mesh


@pytest.mark.parametrize("suffix", ["ply", "obj", "stl", "glb"])
def test_every_format_gives_metres(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"box.{suffix}"
    trimesh.creation.box(extents=(100, 60, 20)).export(path)
    mesh = load_mesh(path, "mm")
    np.testing.assert_allclose(mesh.bounds, [[-0.05, -0.03, -0.01], [0.05, 0.03, 0.01]], atol=1e-7)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5)


def test_sharp_edges_keep_flat_normals() -> None:
    normals = from_trimesh(trimesh.creation.box()).normals
    assert np.abs(np.sort(np.abs(normals), axis=1) - [0, 0, 1]).max() < 1e-6


def test_normals_and_colours_of_the_file_are_kept(tmp_path: Path) -> None:
    source = trimesh.creation.icosphere(2)
    colours = np.random.default_rng(0).integers(0, 256, (len(source.vertices), 4), np.uint8)
    given = trimesh.Trimesh(
        source.vertices, source.faces, vertex_normals=-source.vertices, vertex_colors=colours, process=False
    )
    given.export(tmp_path / "ball.ply", vertex_normal=True)
    mesh = load_mesh(tmp_path / "ball.ply", "m")
    np.testing.assert_allclose(mesh.normals, -source.vertices, atol=1e-5)
    np.testing.assert_allclose(mesh.colours, colours[:, :3] / 255, atol=1e-6)


def test_decimated_ball_is_still_round() -> None:
    ball = from_trimesh(trimesh.creation.icosphere(4))
    simple = decimated(ball, 600)
    assert 400 < len(simple.faces) <= 620
    np.testing.assert_allclose(np.linalg.norm(simple.vertices, axis=1), 1, atol=0.03)
    assert decimated(ball, 0) is ball


def test_missing_file_is_named() -> None:
    with pytest.raises(MeshError, match=r"none.ply: expected a mesh file, found none"):
        load_mesh("none.ply", "mm")


@pytest.mark.parametrize("content", ["not a mesh", "ply\nformat ascii 1.0\nelement vertex 0\nend_header\n"])
def test_file_that_is_no_mesh_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.ply"
    path.write_text(content)
    with pytest.raises(MeshError, match=r"bad\.ply: expected a"):
        load_mesh(path, "mm")


def test_unknown_unit_is_refused() -> None:
    with pytest.raises(MeshError, match="mesh unit: expected one of m, cm, mm, got 'inch'"):
        load_mesh("x.ply", "inch")


@pytest.mark.parametrize("suffix", ["glb", "obj"])
def test_texture_is_read_with_its_orientation(tmp_path: Path, suffix: str) -> None:
    """A square whose picture is red above and green below; colours are those of the texels."""
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:4], picture[4:] = (200, 0, 0), (0, 200, 0)
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    uv = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]])
    image = Image.fromarray(picture)
    material = PBRMaterial(baseColorTexture=image) if suffix == "glb" else SimpleMaterial(image=image)
    visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    path = tmp_path / f"square.{suffix}"
    trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], visual=visual, process=False).export(path)
    mesh = load_mesh(path, "m")
    assert mesh.texture is not None
    assert np.array_equal(mesh.texture.picture[1, 1], [200, 0, 0])
    low, high = mesh.vertices[:, 1] < 0.5, mesh.vertices[:, 1] > 0.5
    np.testing.assert_allclose(mesh.colours[low], [[0, 200 / 255, 0]] * low.sum(), atol=0.01)
    np.testing.assert_allclose(mesh.colours[high], [[200 / 255, 0, 0]] * high.sum(), atol=0.01)


def test_seam_of_a_texture_is_no_edge() -> None:
    """Two coplanar triangles that share positions but no vertices keep one normal; a cube's corner has three."""
    flat = trimesh.Trimesh(
        [[0, 0, 0], [1, 0, 0], [1, 1, 0.1], [0, 0, 0], [1, 1, 0.1], [0, 1, 0]], [[0, 1, 2], [3, 4, 5]], process=False
    )
    normals = from_trimesh(flat).normals
    np.testing.assert_allclose(normals[0], normals[3], atol=1e-6)
    assert len(from_trimesh(trimesh.creation.box()).vertices) == 24


def test_closed_surface_is_told_from_an_open_one() -> None:
    box = trimesh.creation.box()
    assert is_closed(from_trimesh(box))
    assert not is_closed(from_trimesh(trimesh.Trimesh(box.vertices, box.faces[:-1], process=False)))
    assert not is_closed(from_trimesh(trimesh.Trimesh(box.vertices, box.faces[:, ::-1], process=False)))
