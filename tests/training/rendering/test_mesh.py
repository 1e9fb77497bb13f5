"""Meshes: units, formats, colours, and files that are no mesh."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from training.errors import MeshError
from training.rendering.mesh import decimated, from_trimesh, load_mesh


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
