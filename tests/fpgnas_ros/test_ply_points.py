"""PLY vertices and triangles against trimesh, an independent reader."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from fpgnas_ros.ply_points import PlyError, read_ply_points, read_ply_triangles

DEMO_OBJECT = Path(__file__).resolve().parents[2] / "assets" / "demo_object.ply"


def test_the_demo_objects_vertices_are_those_that_trimesh_reads() -> None:
    expected = trimesh.load(DEMO_OBJECT, process=False)
    np.testing.assert_allclose(read_ply_points(DEMO_OBJECT), expected.vertices)
    np.testing.assert_array_equal(read_ply_triangles(DEMO_OBJECT), expected.faces)


@pytest.mark.parametrize("encoding", ["ascii", "binary"])
def test_both_encodings(tmp_path: Path, encoding: str) -> None:
    box = trimesh.creation.box((1.0, 2.0, 3.0))
    file = tmp_path / "box.ply"
    file.write_bytes(trimesh.exchange.ply.export_ply(box, encoding=encoding))
    np.testing.assert_allclose(read_ply_points(file), box.vertices)
    np.testing.assert_array_equal(read_ply_triangles(file), box.faces)


def test_points_without_faces_and_other_polygons_have_no_triangles(tmp_path: Path) -> None:
    header = "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
    vertices = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n"
    faces = "element face 1\nproperty list uchar int vertex_indices\n"
    (tmp_path / "points.ply").write_text(f"{header}end_header\n{vertices}")
    (tmp_path / "quad.ply").write_text(f"{header}{faces}end_header\n{vertices}4 0 1 2 3\n")
    for name in ("points.ply", "quad.ply"):
        assert read_ply_triangles(tmp_path / name).shape == (0, 3)


@pytest.mark.parametrize("content", [b"", b"solid cube\n", b"ply\nformat ascii 1.0\nend_header\n"])
def test_what_is_no_mesh_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mesh.ply"
    file.write_bytes(content)
    with pytest.raises(PlyError, match=r"mesh\.ply: expected a PLY mesh"):
        read_ply_points(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlyError, match=r"none\.ply"):
        read_ply_points(tmp_path / "none.ply")


def test_truncated_vertices_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "box.ply"
    file.write_bytes(DEMO_OBJECT.read_bytes()[:2000])
    with pytest.raises(PlyError):
        read_ply_points(file)
