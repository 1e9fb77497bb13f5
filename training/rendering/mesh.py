"""Meshes for rendering, in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import fast_simplification
import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial import KDTree

from training.errors import MeshError

METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001}


@dataclass(frozen=True)
class Mesh:
    """Triangles with one normal and one colour a vertex.

    vertices: (V, 3) metres, object frame.  normals: (V, 3) unit.  colours: (V, 3) sRGB, 0 to 1.  faces: (F, 3) indices.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    colours: NDArray[np.float32]
    faces: NDArray[np.int32]

    @property
    def bounds(self) -> NDArray[np.float32]:
        """(2, 3) lowest and highest corner of the axis-aligned box, metres."""
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])


def load_mesh(path: str | Path, unit: str) -> Mesh:
    """Read a PLY, OBJ, STL or GLB file whose lengths are in `unit` ("m", "cm" or "mm").

    Raises MeshError where the file is missing, is no mesh, or has no faces.
    """
    if unit not in METRES_PER_UNIT:
        raise MeshError(f"mesh unit: expected one of {', '.join(METRES_PER_UNIT)}, got {unit!r}")
    if not Path(path).is_file():
        raise MeshError(f"{path}: expected a mesh file, found none; check the path")
    try:
        loaded = trimesh.load(path, process=False)
        if isinstance(loaded, trimesh.Scene):  # force="mesh" would lose the normals of the file
            loaded = loaded.to_mesh()
    except Exception as error:  # trimesh raises a different type for every format
        raise MeshError(f"{path}: expected a PLY, OBJ, STL or GLB mesh, got something unreadable ({error})") from error
    if not isinstance(loaded, trimesh.Trimesh) or len(loaded.faces) == 0:
        raise MeshError(f"{path}: expected a mesh with triangles, got none; export the surface, not a point cloud")
    if not np.isfinite(loaded.vertices).all():
        raise MeshError(f"{path}: expected finite vertices, got NaN or infinity; repair the mesh")
    return from_trimesh(loaded, METRES_PER_UNIT[unit])


def from_trimesh(source: trimesh.Trimesh, metres_per_unit: float = 1.0) -> Mesh:
    """Convert, splitting vertices at sharp edges where the source has no normals of its own."""
    has_normals = "vertex_normals" in source._cache.cache
    smooth = source if has_normals else _split_sharp_edges(source)
    colours = _vertex_colours(smooth)
    return Mesh(
        (np.asarray(smooth.vertices) * metres_per_unit).astype(np.float32),
        np.asarray(smooth.vertex_normals, dtype=np.float32),
        colours,
        np.asarray(smooth.faces, dtype=np.int32),
    )


def decimated(mesh: Mesh, most_faces: int) -> Mesh:
    """The mesh with at most about `most_faces` triangles (quadric errors, Garland and Heckbert 1997); 0 leaves it."""
    if not most_faces or len(mesh.faces) <= most_faces:
        return mesh
    points, faces = fast_simplification.simplify(mesh.vertices, mesh.faces, target_count=most_faces)
    nearest = KDTree(mesh.vertices).query(points)[1]
    return Mesh(points.astype(np.float32), mesh.normals[nearest], mesh.colours[nearest], faces.astype(np.int32))


def _split_sharp_edges(source: trimesh.Trimesh, angle_rad: float = 0.6) -> trimesh.Trimesh:
    colours = _vertex_colours(source)
    split = trimesh.graph.smooth_shade(source, angle=angle_rad)
    nearest = source.kdtree.query(split.vertices)[1]
    split.visual.vertex_colors = (colours[nearest] * 255).astype(np.uint8)
    return split


def _vertex_colours(source: trimesh.Trimesh) -> NDArray[np.float32]:
    visual = source.visual.to_color() if source.visual.kind == "texture" else source.visual
    if visual.kind is None:
        return np.full((len(source.vertices), 3), 0.7, np.float32)
    return np.asarray(visual.vertex_colors[:, :3], np.float32) / 255.0
