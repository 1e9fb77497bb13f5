"""Everyday things, and a room, for the scene of the demo bag. Each stands on z = 0; metres, z up."""

from __future__ import annotations

import numpy as np
import trimesh
from scipy.spatial.transform import Rotation

Colour = tuple[int, int, int]


def painted(
    mesh: trimesh.Trimesh, colour: Colour, at: tuple[float, float, float], yaw_deg: float = 0.0
) -> trimesh.Trimesh:
    """`mesh` in one colour, turned about z and moved."""
    mesh.apply_transform(trimesh.transformations.rotation_matrix(np.radians(yaw_deg), [0, 0, 1]))
    mesh.apply_translation(at)
    mesh.visual.vertex_colors = (*colour, 255)
    return mesh


def block(
    size: tuple[float, float, float], colour: Colour, at: tuple[float, float, float], yaw_deg: float = 0.0
) -> trimesh.Trimesh:
    """A box that stands on `at`."""
    return painted(trimesh.creation.box(size).apply_translation([0, 0, size[2] / 2]), colour, at, yaw_deg)


def mug() -> trimesh.Trimesh:
    """A mug of 9 cm."""
    outline = [[0, 0], [0.038, 0], [0.041, 0.09], [0.037, 0.09], [0.034, 0.006], [0, 0.006]]
    body = painted(trimesh.creation.revolve(outline, sections=48), (215, 222, 228), (0, 0, 0))
    handle = trimesh.creation.torus(0.024, 0.005, 32, 12)
    handle.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    band = painted(trimesh.creation.annulus(0.0399, 0.0408, 0.018, sections=48), (28, 90, 110), (0, 0, 0.058))
    return trimesh.util.concatenate([body, painted(handle, (215, 222, 228), (0.056, 0, 0.047)), band])


def books() -> trimesh.Trimesh:
    """Two books, one on the other."""
    lower = [
        block((0.21, 0.15, 0.022), (96, 32, 38), (0, 0, 0)),
        block((0.206, 0.152, 0.016), (232, 226, 208), (0.004, 0, 0.003)),
    ]
    upper = [
        block((0.17, 0.12, 0.018), (44, 74, 66), (0.01, 0, 0.022), 14),
        block((0.09, 0.03, 0.0004), (224, 200, 120), (0.01, 0.0, 0.04), 14),
    ]
    return trimesh.util.concatenate(lower + upper)


def marker_sheet(rng: np.random.Generator) -> trimesh.Trimesh:
    """A sheet of paper with a board of black squares, as for camera calibration."""
    cell, parts = 0.017, [block((0.21, 0.148, 0.0006), (246, 246, 242), (0, 0, 0))]
    for i, j in np.ndindex(11, 7):
        if (i + j) % 2 == 0:
            x, y = (i - 5) * cell, (j - 3) * cell
            parts.append(block((cell, cell, 0.0002), (22, 22, 24), (x, y, 0.0006)))
        elif rng.random() < 0.8:
            x, y = (i - 5) * cell, (j - 3) * cell
            for k in rng.choice(9, 4, replace=False):
                shift = 0.0035 * np.array([k % 3 - 1, k // 3 - 1])
                parts.append(block((0.0035, 0.0035, 0.0002), (30, 30, 32), (x + shift[0], y + shift[1], 0.0006)))
    return trimesh.util.concatenate(parts)


def pens() -> trimesh.Trimesh:
    """Two pens and a pencil, lying."""
    parts = []
    for index, colour in enumerate([(30, 44, 120), (206, 60, 50), (236, 186, 60)]):
        pen = trimesh.creation.cylinder(0.0042, 0.14, sections=20)
        tip = trimesh.creation.cone(0.0042, 0.012, sections=20).apply_translation([0, 0, 0.07])
        both = trimesh.util.concatenate([painted(pen, colour, (0, 0, 0)), painted(tip, (40, 40, 44), (0, 0, 0))])
        both.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0]))
        both.apply_transform(trimesh.transformations.rotation_matrix(0.16 * index, [0, 0, 1]))
        parts.append(both.apply_translation([0.01 * index, 0.016 * index, 0.0043]))
    return trimesh.util.concatenate(parts)


def tape_and_tin() -> trimesh.Trimesh:
    """A roll of tape beside a tin."""
    roll = painted(trimesh.creation.annulus(0.024, 0.038, 0.022, sections=48), (202, 170, 110), (0, 0, 0.011))
    tin = painted(trimesh.creation.cylinder(0.028, 0.085, sections=48), (168, 172, 178), (0.085, 0.02, 0.0425))
    label = painted(trimesh.creation.annulus(0.0281, 0.0286, 0.05, sections=48), (180, 52, 44), (0.085, 0.02, 0.042))
    return trimesh.util.concatenate([roll, tin, label])


def bricks() -> trimesh.Trimesh:
    """Three toy bricks and a ball."""
    parts = [
        block((0.064, 0.032, 0.019), (216, 168, 20), (0, 0, 0), 20),
        block((0.032, 0.032, 0.019), (60, 130, 64), (0.006, 0.002, 0.019), 28),
        block((0.048, 0.016, 0.010), (176, 36, 40), (0.07, 0.025, 0), -35),
    ]
    return trimesh.util.concatenate(
        [*parts, painted(trimesh.creation.icosphere(3, 0.019), (232, 110, 40), (0.05, -0.045, 0.019))]
    )


def room(rng: np.random.Generator) -> trimesh.Trimesh:
    """Floor, walls, a window, a shelf with books and a cupboard, two metres from the table."""
    floor = -0.74
    parts = [block((6, 6, 0.02), (126, 112, 98), (0, 0, floor - 0.02))]
    for yaw, colour in (
        (0, (206, 204, 198)),
        (90, (188, 196, 200)),
        (180, (214, 206, 192)),
        (270, (198, 202, 194)),
    ):
        parts.append(
            block(
                (0.05, 5, 3),
                colour,
                tuple(Rotation.from_euler("z", yaw, degrees=True).apply([2.4, 0, floor])),
                yaw,
            )
        )
    parts.append(block((0.9, 0.4, 1.7), (150, 118, 84), (-1.6, 2.1, floor)))
    parts.append(block((1.2, 0.04, 1.1), (244, 248, 252), (0.7, 2.36, 0.1)))
    parts.append(block((0.04, 1.0, 0.7), (92, 116, 134), (-2.36, -0.4, 0.2)))
    parts.append(block((0.35, 1.8, 0.04), (112, 84, 60), (2.2, 0.2, 0.15)))
    for y in np.arange(-0.6, 1.0, 0.06):
        size = (0.2, rng.uniform(0.03, 0.055), rng.uniform(0.2, 0.32))
        colour = tuple(int(v) for v in rng.integers(40, 210, 3))
        parts.append(block(size, colour, (2.2, float(y), 0.19)))
    parts.append(block((0.5, 0.5, 0.8), (70, 74, 82), (1.2, -2.0, floor)))
    parts.append(block((0.9, 0.04, 0.6), (190, 150, 60), (-0.3, -2.36, 0.25)))
    return trimesh.util.concatenate(parts)
