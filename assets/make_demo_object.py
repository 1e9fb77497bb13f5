"""Makes `demo_object.stl` and `demo_object.ply`: `python assets/make_demo_object.py`.

A bracket of about 100 x 70 x 60 mm that looks different from every side, so that its pose is never ambiguous.
It prints in one piece, without supports, standing on its base.

Object frame: millimetres, origin at the centre of the bounding box, z up when it stands on its base, x along
the long side of the base, the tall wall at +y.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from manifold3d import CrossSection, Manifold
from numpy.typing import NDArray

MAX_EDGE_MM = 4.3  # 10,000 to 15,000 faces: even enough that vertices can stand for the surface
CREASE_DEG = 30.0
SEGMENTS = 64

RGB = tuple[int, int, int]
BLUE, ORANGE, GREEN, RED = (24, 82, 190), (245, 130, 20), (30, 160, 75), (214, 32, 45)
YELLOW, MAGENTA, CYAN, WHITE = (250, 210, 25), (190, 40, 160), (20, 185, 210), (240, 240, 235)
GRAPHITE = (45, 48, 56)


@dataclass(frozen=True)
class Feature:
    """A solid that is added to the part, or cut from it; the surface that it leaves has its colour."""

    solid: Manifold
    colour: RGB
    cut: bool = False


def box(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Manifold:
    """Axis-aligned box from its intervals."""
    return Manifold.cube((x[1] - x[0], y[1] - y[0], z[1] - z[0])).translate((x[0], y[0], z[0]))


def post(x: float, y: float, z: tuple[float, float], radius: float, segments: int = SEGMENTS) -> Manifold:
    """Upright cylinder (a prism when `segments` is small)."""
    return Manifold.cylinder(z[1] - z[0], radius, circular_segments=segments).translate((x, y, z[0]))


def plate_xy(outline: Sequence[tuple[float, float]], z: tuple[float, float]) -> Manifold:
    """Outline in x, y (counter-clockwise) extruded along z."""
    return CrossSection([list(outline)]).extrude(z[1] - z[0]).translate((0, 0, z[0]))


def plate_xz(outline: Sequence[tuple[float, float]], y: tuple[float, float]) -> Manifold:
    """Outline in x, z (counter-clockwise seen from -y) extruded along y."""
    return CrossSection([list(outline)]).extrude(y[1] - y[0]).rotate((90, 0, 0)).translate((0, y[1], 0))


def plate_yz(outline: Sequence[tuple[float, float]], x: tuple[float, float]) -> Manifold:
    """Outline in y, z (counter-clockwise seen from +x) extruded along x."""
    return CrossSection([list(outline)]).extrude(x[1] - x[0]).rotate((90, 0, 90)).translate((x[0], 0, 0))


def added_features() -> list[Feature]:
    """Solids that make up the part, base at z = 0."""
    outline = [(-50, -35), (32, -35), (50, -17), (50, 35), (-50, 35)]
    profile = [(-50, 4), (22, 4), (22, 30), (-26, 60), (-50, 60)]
    ridge = [(33, 8), (50, 8), (50, 13), (33, 30)]
    return [
        Feature(plate_xy(outline, (0, 12)), BLUE),
        Feature(plate_xz(profile, (23, 35)), ORANGE),
        Feature(post(24, -8, (4, 38), 15), GREEN),
        Feature(plate_yz([(-25, 8), (25, 8), (25, 46)], (-50, -41)), RED),
        Feature(plate_yz([(-2, 8), (25, 8), (25, 30)], (-10, -4)), MAGENTA),
        Feature(box((-34, -14), (-35, -19), (8, 27)), YELLOW),
        Feature(plate_xz(ridge, (16, 35)), CYAN),
    ]


def cut_features() -> list[Feature]:
    """Solids that are cut away: bore, window, notches, grooves, and a recess below."""
    window = Manifold.cylinder(20, 8.5, circular_segments=SEGMENTS).rotate((90, 0, 0))
    groove = box((-24, 24), (-3, 3), (-3, 3)).rotate((0, 45, 0))
    bevel = box((-15, 15), (-10, 10), (0, 12)).rotate((0, -38, 0))
    return [
        Feature(post(24, -8, (-1, 40), 7.5), GRAPHITE, cut=True),
        Feature(box((8, 28), (-11.5, -4.5), (29, 40)), WHITE, cut=True),
        Feature(window.translate((-27, 40, 40)), WHITE, cut=True),
        Feature(groove.translate((0, 35, 19)), GRAPHITE, cut=True),
        Feature(box((30, 42), (33, 36), (4, 14)), WHITE, cut=True),
        Feature(bevel.translate((-28, -27, 22)), GRAPHITE, cut=True),
        Feature(box((-4, 8), (-36, -25), (-1, 13)), WHITE, cut=True),
        Feature(post(-28, 2, (-1, 13), 6, segments=6), WHITE, cut=True),
        Feature(box((46, 51), (2, 9), (-1, 14)), MAGENTA, cut=True),
        Feature(box((-53, -47), (-12, 16), (3, 7)), YELLOW, cut=True),
        Feature(box((-42, -34), (-26, 24), (-1, 2)) + box((-42, 2), (16, 24), (-1, 2)), ORANGE, cut=True),
        Feature(post(36, 20, (-1, 3), 8, segments=3), RED, cut=True),
    ]


def build() -> tuple[Manifold, dict[int, RGB]]:
    """The centred part, and the colour of each source solid by its manifold id."""
    colours: dict[int, RGB] = {}
    part = Manifold()
    for feature in added_features() + cut_features():
        solid = feature.solid.as_original()
        colours[solid.original_id()] = feature.colour
        part = part - solid if feature.cut else part + solid
    lower, upper = np.reshape(part.bounding_box(), (2, 3))
    return part.translate(tuple(-(lower + upper) / 2)), colours


def to_trimesh(part: Manifold, colours: dict[int, RGB]) -> tuple[trimesh.Trimesh, NDArray[np.uint8]]:
    """Closed mesh with shared vertices, and the colour (F, 3) of each face."""
    mesh = part.to_mesh()
    positions = np.asarray(mesh.vert_properties)[:, :3].astype(np.float64)
    faces = np.asarray(mesh.tri_verts)
    face_colours = np.zeros((len(faces), 3), np.uint8)
    starts = np.asarray(mesh.run_index) // 3
    for source, start, stop in zip(mesh.run_original_id, starts[:-1], starts[1:], strict=True):
        face_colours[start:stop] = colours[int(source)]
    parents = np.arange(len(positions))
    parents[np.asarray(mesh.merge_from_vert, int)] = np.asarray(mesh.merge_to_vert, int)
    return trimesh.Trimesh(positions, parents[faces], process=False), face_colours


def split_corners(mesh: trimesh.Trimesh, face_colours: NDArray[np.uint8]) -> trimesh.Trimesh:
    """Gives a vertex a copy on each side of a crease or colour border, so that both stay crisp."""
    smooth = mesh.face_adjacency_angles < np.radians(CREASE_DEG)
    pairs = mesh.face_adjacency
    smooth &= (face_colours[pairs[:, 0]] == face_colours[pairs[:, 1]]).all(axis=1)
    patches = trimesh.graph.connected_component_labels(pairs[smooth], node_count=len(mesh.faces))
    corners = np.column_stack([mesh.faces.ravel(), np.repeat(patches, 3)])
    unique, first, inverse = np.unique(corners, axis=0, return_index=True, return_inverse=True)
    normals = np.zeros((len(unique), 3))
    weighted = mesh.face_normals[:, None] * mesh.face_angles[:, :, None]
    np.add.at(normals, inverse.ravel(), weighted.reshape(-1, 3))
    return trimesh.Trimesh(
        mesh.vertices[unique[:, 0]],
        inverse.reshape(-1, 3),
        vertex_normals=normals / np.linalg.norm(normals, axis=1, keepdims=True),
        vertex_colors=face_colours[first // 3],
        process=False,
    )


def main() -> None:
    """Writes both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parent
    parser.add_argument("--out", type=Path, default=default, help="folder to write to (default: %(default)s)")
    out: Path = parser.parse_args().out
    part, colours = build()
    plain, _ = to_trimesh(part, colours)
    coloured = split_corners(*to_trimesh(part.refine_to_length(MAX_EDGE_MM), colours))
    plain.export(out / "demo_object.stl")
    coloured.export(out / "demo_object.ply", vertex_normal=True)
    size = " x ".join(f"{side:.1f}" for side in plain.extents)
    print(f"demo object: {size} mm, {len(plain.faces)} faces (stl), {len(coloured.faces)} faces (ply)")


if __name__ == "__main__":
    main()
