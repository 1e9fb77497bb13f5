"""Meshes for rendering, in metres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import fast_simplification
import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial import KDTree

from training.errors import MeshError

METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001}


@dataclass(frozen=True)
class Texture:
    """A picture on a mesh. picture: (H, W, 3) uint8 sRGB.  uv: (V, 2), (0, 0) is the picture's lower left corner."""

    picture: NDArray[np.uint8]
    uv: NDArray[np.float32]


@dataclass(frozen=True)
class Mesh:
    """Triangles with one normal and one colour a vertex; where there is a texture, the colours are those of its texels.

    vertices: (V, 3) metres, object frame.  normals: (V, 3) unit.  colours: (V, 3) sRGB, 0 to 1.  faces: (F, 3) indices.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    colours: NDArray[np.float32]
    faces: NDArray[np.int32]
    texture: Texture | None = None

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
    vertices, faces = np.asarray(source.vertices), np.asarray(source.faces)
    if "vertex_normals" in source._cache.cache:  # as read from the file, not derived
        origin, normals = np.arange(len(vertices)), np.asarray(source.vertex_normals)
    else:
        origin, faces, normals = _split_sharp_edges(source)
    colours, texture = _look(source)
    return Mesh(
        (vertices[origin] * metres_per_unit).astype(np.float32),
        normals.astype(np.float32),
        colours[origin],
        faces.astype(np.int32),
        replace(texture, uv=texture.uv[origin]) if texture else None,
    )


def is_closed(mesh: Mesh) -> bool:
    """Whether faces bound a solid and all face outwards, so that those facing away are never seen."""
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    solid.merge_vertices(merge_tex=True, merge_norm=True)
    solid.update_faces(solid.nondegenerate_faces())
    return bool(solid.is_watertight and solid.is_winding_consistent and solid.volume > 0)


def mean_colour(mesh: Mesh) -> NDArray[np.float64]:
    """(3,) mean of the vertices' colours, linear RGB with the shaders' curve, gamma 2."""
    return np.asarray((mesh.colours.astype(np.float64) ** 2).mean(axis=0))


def decimated(mesh: Mesh, most_faces: int) -> Mesh:
    """The mesh with at most about `most_faces` triangles (quadric errors, Garland and Heckbert 1997); 0 leaves it."""
    if not most_faces or len(mesh.faces) <= most_faces:
        return mesh
    points, faces = fast_simplification.simplify(mesh.vertices, mesh.faces, target_count=most_faces)
    nearest = KDTree(mesh.vertices).query(points)[1]
    return Mesh(points.astype(np.float32), mesh.normals[nearest], mesh.colours[nearest], faces.astype(np.int32))


def _split_sharp_edges(
    source: trimesh.Trimesh, angle_rad: float = 0.6
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """For each new vertex the old one that it copies, faces of new vertices, and unit normals."""
    places = np.unique(np.asarray(source.vertices), axis=0, return_inverse=True)[1].reshape(-1)
    joined = trimesh.Trimesh(source.vertices, source.faces, process=False)
    joined.merge_vertices(merge_tex=True, merge_norm=True)  # seams of a texture are no edges
    smooth = joined.face_adjacency[joined.face_adjacency_angles < angle_rad]
    patches = trimesh.graph.connected_component_labels(smooth, node_count=len(source.faces))
    old = np.asarray(source.faces).ravel()
    patch = np.repeat(patches, 3)
    corners, faces = np.unique(np.column_stack([old, patch]), axis=0, return_inverse=True)
    shared = np.unique(np.column_stack([places[old], patch]), axis=0, return_inverse=True)[1].reshape(-1)
    sums = np.zeros((shared.max() + 1, 3))
    np.add.at(sums, shared, (source.face_normals[:, None] * source.face_angles[:, :, None]).reshape(-1, 3))
    faces = faces.reshape(-1)
    normals = np.zeros((len(corners), 3))
    normals[faces] = sums[shared]
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return corners[:, 0], faces.reshape(-1, 3), normals / np.maximum(lengths, 1e-12)


def _look(source: trimesh.Trimesh) -> tuple[NDArray[np.float32], Texture | None]:
    """Colours (V, 3) and the texture of the source's visuals."""
    visual = source.visual
    picture = _picture(visual) if visual.kind == "texture" else None
    if picture is not None and visual.uv is not None:
        texture = Texture(picture, np.asarray(visual.uv, np.float32))
        return _texels(texture), texture
    if visual.kind == "texture":
        visual = visual.to_color()
    if visual.kind is None:
        return np.full((len(source.vertices), 3), 0.7, np.float32), None
    return np.asarray(visual.vertex_colors[:, :3], np.float32) / 255.0, None


def _picture(visual: trimesh.visual.TextureVisuals) -> NDArray[np.uint8] | None:
    """The colour picture of a material, OBJ's or glTF's, times its factor."""
    material = visual.material
    image = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    if image is None:
        return None
    factor = getattr(material, "baseColorFactor", None)
    # glTF's factor is linear, its picture is not
    scale = np.ones(3) if factor is None else (np.asarray(factor, float)[:3] / 255.0) ** (1 / 2.2)
    return (np.asarray(image.convert("RGB")) * scale).astype(np.uint8)


def _texels(texture: Texture) -> NDArray[np.float32]:
    height, width = texture.picture.shape[:2]
    columns = np.floor(texture.uv[:, 0] * width).astype(int) % width
    rows = np.floor((1 - texture.uv[:, 1]) * height).astype(int) % height
    return texture.picture[rows, columns].astype(np.float32) / 255.0
