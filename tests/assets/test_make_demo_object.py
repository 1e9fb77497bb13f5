"""The demo object's files: printable, unambiguous, and one shape in both formats."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist
from scipy.spatial.transform import Rotation

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@pytest.fixture(scope="module")
def printed() -> trimesh.Trimesh:
    return trimesh.load(ASSETS / "demo_object.stl")


@pytest.fixture(scope="module")
def coloured() -> trimesh.Trimesh:
    return trimesh.load(ASSETS / "demo_object.ply", process=False)


def welded(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    copy = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    copy.merge_vertices()
    return copy


def test_print_is_one_closed_piece(printed: trimesh.Trimesh) -> None:
    assert printed.is_watertight
    assert printed.is_winding_consistent
    assert printed.body_count == 1


def test_coloured_mesh_is_closed_once_split_corners_are_welded(coloured: trimesh.Trimesh) -> None:
    assert welded(coloured).is_watertight


def test_size_is_about_ten_centimetres_and_origin_is_box_centre(printed: trimesh.Trimesh) -> None:
    np.testing.assert_allclose(printed.extents, [100, 70, 60], atol=0.01)
    np.testing.assert_allclose(printed.bounds.mean(axis=0), 0, atol=0.01)
    assert 120 < pdist(printed.convex_hull.vertices).max() < 130


def test_face_count_suits_rendering(coloured: trimesh.Trimesh) -> None:
    assert 10_000 <= len(coloured.faces) <= 15_000


def test_both_files_hold_the_same_surface(printed: trimesh.Trimesh, coloured: trimesh.Trimesh) -> None:
    distance, _ = KDTree(coloured.vertices).query(printed.vertices)
    assert distance.max() < 1e-3
    assert printed.volume == pytest.approx(welded(coloured).volume, rel=1e-5)
    assert printed.area == pytest.approx(coloured.area, rel=1e-5)


def test_every_face_has_one_colour_and_there_are_many(coloured: trimesh.Trimesh) -> None:
    corners = coloured.visual.vertex_colors[coloured.faces]
    assert (corners == corners[:, :1]).all()
    assert len(np.unique(corners.reshape(-1, 4), axis=0)) >= 8


def test_normals_are_unit_and_follow_the_faces(coloured: trimesh.Trimesh) -> None:
    normals = coloured.vertex_normals[coloured.faces]
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-5)
    cosines = np.einsum("fcd,fd->fc", normals, coloured.face_normals)
    assert cosines.min() > np.cos(np.radians(30))


def test_stands_on_a_flat_base_without_supports(printed: trimesh.Trimesh) -> None:
    z = printed.triangles_center[:, 2]
    on_base = np.isclose(z, printed.bounds[0, 2], atol=1e-3)
    assert printed.area_faces[on_base].sum() > 0.75 * 100 * 70
    hanging = (printed.face_normals[:, 2] < -np.cos(np.radians(40))) & ~on_base
    assert printed.area_faces[hanging].sum() < 0.04 * printed.area  # short bridges and a hole


def test_no_rotation_brings_it_onto_itself(coloured: trimesh.Trimesh) -> None:
    """Mean closest distance (ADI) to a copy turned by 40 degrees or more about its centroid, in mm."""
    points = trimesh.sample.sample_surface_even(coloured, 1500, seed=0)[0]
    points = points - points.mean(axis=0)
    tree = KDTree(points)
    turns = np.concatenate([Rotation.random(400, rng=1).as_rotvec(), flips_and_quarter_turns()])
    turns = turns[np.linalg.norm(turns, axis=1) > np.radians(40)]
    adi = [tree.query(Rotation.from_rotvec(turn).apply(points))[0].mean() for turn in turns]
    assert min(adi) > 5.0


def flips_and_quarter_turns() -> np.ndarray:
    axes = np.concatenate([np.eye(3), -np.eye(3), [[1, 1, 0], [1, -1, 0], [1, 0, 1], [0, 1, 1]]])
    axes = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    return np.concatenate([axes * np.pi, axes * np.pi / 2])
