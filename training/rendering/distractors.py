"""Objects that are not looked for: shapes that stand round the object and in front of it."""

from __future__ import annotations

import numpy as np
import trimesh

from training.rendering.mesh import Mesh, from_trimesh


def make_distractors(rng: np.random.Generator, count: int) -> list[Mesh]:
    """`count` meshes of 2 to 12 cm round their origin, metres, each a union of one to three tilted primitives."""
    return [_distractor(rng) for _ in range(count)]


def _distractor(rng: np.random.Generator) -> Mesh:
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        part = _primitive(rng, rng.uniform(0.02, 0.06))
        turn = trimesh.transformations.random_rotation_matrix(rng.random(3))
        turn[:3, 3] = rng.uniform(-0.025, 0.025, 3)
        part.apply_transform(turn)
        part.visual.vertex_colors = np.append(rng.integers(20, 256, 3), 255).astype(np.uint8)
        parts.append(part)
    return from_trimesh(trimesh.util.concatenate(parts))


def _primitive(rng: np.random.Generator, size: float) -> trimesh.Trimesh:
    kind = rng.integers(5)
    if kind == 0:
        return trimesh.creation.box(extents=rng.uniform(0.3, 1.6, 3) * size)
    if kind == 1:
        return trimesh.creation.cylinder(size * rng.uniform(0.2, 0.6), size * rng.uniform(0.4, 2.0), sections=24)
    if kind == 2:
        return trimesh.creation.icosphere(2, size * rng.uniform(0.3, 0.7))
    if kind == 3:
        return trimesh.creation.torus(size * 0.6, size * rng.uniform(0.1, 0.3), 20, 12)
    return trimesh.creation.cone(size * rng.uniform(0.3, 0.7), size * rng.uniform(0.5, 1.8), sections=24)
