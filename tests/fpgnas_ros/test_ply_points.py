"""PLY vertices against trimesh, an independent reader."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from fpgnas_ros.ply_points import PlyError, read_ply_points

DEMO_OBJECT = Path(__file__).resolve().parents[2] / "assets" / "demo_object.ply"


def test_the_demo_objects_vertices_are_those_that_trimesh_reads() -> None:
    expected = trimesh.load(DEMO_OBJECT, process=False).vertices
    np.testing.assert_allclose(read_ply_points(DEMO_OBJECT), expected)


@pytest.mark.parametrize("encoding", ["ascii", "binary"])
def test_both_encodings(tmp_path: Path, encoding: str) -> None:
    box = trimesh.creation.box((1.0, 2.0, 3.0))
    file = tmp_path / "box.ply"
    file.write_bytes(trimesh.exchange.ply.export_ply(box, encoding=encoding))
    np.testing.assert_allclose(read_ply_points(file), box.vertices)


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
