"""Makes `satellite.ply`, a stand-in for the Tango satellite of SPEED: `python assets/build_satellite.py`.

The mission's own model is not public; its 11 landmarks are (training/data/tango.py says whence). Body, solar panel and
antenna tips are those of the landmarks; everything else (cells, foil, ring, nozzles, boxes) is made up in the manner of
such satellites, and looks different from every side.

Object frame: that of the landmarks, millimetres here.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
import trimesh
from numpy.typing import NDArray

from training.data.tango import LANDMARKS

RGB = tuple[int, int, int]
Vector = NDArray[np.float64]
CELL, BUSBAR, FRAME = (22, 26, 62), (150, 150, 155), (196, 196, 190)
GOLD, DARK_GOLD, BLACK, SILVER, WHITE = (178, 132, 52), (110, 80, 34), (26, 26, 28), (205, 205, 208), (232, 232, 228)
PANEL_MM, CELL_GAP_MM, CELLS = 21.5, 6.0, (8, 9)
ANTENNA_RADIUS_MM = 6.0
ANTENNA_FEET_MM = ((-350.0, 304.0, 240.0), (350.0, 304.0, 240.0), (305.0, -264.0, 251.5))


def box(low: Vector, high: Vector, colour: RGB) -> trimesh.Trimesh:
    """Axis-aligned box between two corners, millimetres."""
    made = trimesh.creation.box(bounds=np.array([low, high]))
    return coloured(made, colour)


def rod(start: Vector, end: Vector, radius: float, colour: RGB, sections: int = 16) -> trimesh.Trimesh:
    """Cylinder between two points, millimetres."""
    return coloured(trimesh.creation.cylinder(radius, segment=np.array([start, end]), sections=sections), colour)


def coloured(part: trimesh.Trimesh, colour: RGB) -> trimesh.Trimesh:
    """The part with one colour."""
    part.visual.vertex_colors = np.array([*colour, 255], np.uint8)
    return part


def panel(corners: Vector) -> list[trimesh.Trimesh]:
    """The solar panel, its cells on the upper side; `corners` (4, 3) are those of its upper side."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    parts = [box(low - [0, 0, PANEL_MM], high - [0, 0, 1.5], BUSBAR)]
    for row in range(CELLS[1]):
        for column in range(CELLS[0]):
            if (row, column) in ((0, 0), (CELLS[1] - 1, CELLS[0] - 1), (4, 3)):
                continue  # bare spots, as sensors and hinges leave them
            size = (high - low)[:2] / CELLS
            start = low[:2] + size * [column, row] + CELL_GAP_MM / 2
            end = start + size - CELL_GAP_MM
            parts.append(box([*start, high[2] - 2.5], [*end, high[2]], CELL))
    return parts


def body(corners: Vector, top_mm: float) -> list[trimesh.Trimesh]:
    """The body under the panel, a different face of foil to each side; `corners` (4, 3) are those of its underside."""
    low, high = corners.min(axis=0), np.array([*corners.max(axis=0)[:2], top_mm])
    middle = (low + high) / 2
    parts = [box(low, high, GOLD)]
    for y, colour in ((low[1], SILVER), (high[1], BLACK)):
        sign = np.sign(y - middle[1])
        face = np.sort([y, y + 3 * sign])
        parts.append(box([low[0] + 15, face[0], low[2] + 12], [high[0] - 15, face[1], high[2] - 12], colour))
    parts.append(box([high[0], low[1] + 30, 40], [high[0] + 4, middle[1] - 20, 260], DARK_GOLD))
    parts.append(box([high[0], middle[1] + 30, 120], [high[0] + 26, high[1] - 60, 220], WHITE))
    parts.append(box([low[0] - 30, middle[1] - 90, 60], [low[0], middle[1] + 40, 170], BLACK))
    parts.append(rod([low[0] - 18, 190, 220], [low[0], 190, 220], 45, SILVER, 24))
    parts.append(box([-250, low[1] - 22, 60], [-90, low[1], 190], WHITE))
    parts.append(rod([140, low[1] - 40, 150], [140, low[1], 150], 38, DARK_GOLD, 24))
    parts.append(rod([-160, high[1], 150], [-160, high[1] + 34, 150], 55, SILVER, 24))
    parts.append(box([60, high[1], 70], [230, high[1] + 14, 110], GOLD))
    return parts + underside(middle)


def underside(middle: Vector) -> list[trimesh.Trimesh]:
    """Separation ring, nozzle and radiator, up to the level of the landmarks' lowest corners."""
    ring = trimesh.creation.annulus(r_min=135, r_max=160, height=14, sections=32)
    ring.apply_translation([middle[0] - 40, middle[1], -6.5])
    return [
        coloured(ring, SILVER),
        rod([210, 180, -10], [210, 180, 2], 40, BLACK, 24),
        box([-330, -230, -4], [-230, -60, 1], WHITE),
        box([200, -220, -8], [320, -150, 1], DARK_GOLD),
    ]


def antennas(tips: Vector) -> list[trimesh.Trimesh]:
    """Three rods that end at the landmarks, each on a foot of its own."""
    parts = []
    for foot, tip in zip(np.array(ANTENNA_FEET_MM), tips, strict=True):
        parts.append(rod(foot, tip, ANTENNA_RADIUS_MM, FRAME, 10))
        parts.append(box(foot - 16, foot + 16, BLACK))
    return parts


def build() -> trimesh.Trimesh:
    """The whole satellite, millimetres."""
    points = 1000 * LANDMARKS
    parts = panel(points[:4]) + body(points[4:8], points[0, 2] - PANEL_MM) + antennas(points[8:])
    return trimesh.util.concatenate(parts)


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parent / "satellite.ply"
    parser.add_argument("--out", type=Path, default=default, help="file to write (default: %(default)s)")
    out: Path = parser.parse_args().out
    satellite = build()
    satellite.export(out)
    size = " x ".join(f"{side:.0f}" for side in satellite.extents)
    print(f"satellite: {size} mm, {len(satellite.faces)} faces")


if __name__ == "__main__":
    main()
