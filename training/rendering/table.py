"""The table under the main target: what it is made of, what lies on it, and where other things stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from fpgnas_core.se3 import make_transform, transform_points
from training.rendering.pool import Pool, Prop
from training.rendering.renderer import Drawable, Material

Vector = NDArray[np.float64]
Generator = np.random.Generator
UNNUMBERED = 0
"""Instance of what a scene is still to number."""
UPRIGHT_SHARE = 0.5
PLACING_TRIES = 8
BOARD_M, PAGE_M = (0.3, 0.7), (0.17, 0.30)
"""Shortest and longest sides in offices: of a printed board, and of a magazine."""
PAPER_M = 5e-4


class Table:
    """A plane under the main target and what has been put on it.

    In an `office` it is often a carpet, and magazines lie about.
    """

    def __init__(self, rng: Generator, pool: Pool, prop: Prop, pose: Vector, up: Vector, office: bool) -> None:
        self._pool, self._up, self._office = pool, up, office
        height = float(((prop.mesh.vertices @ pose[:3, :3].T) @ up).min() + pose[:3, 3] @ up)
        centre = transform_points(pose, prop.centre[None])[0]
        self._foot = centre + up * (height - float(centre @ up))
        facing = Rotation.align_vectors(up[None], np.array([[0.0, 0.0, 1.0]]))[0]
        self._turn = facing * Rotation.from_euler("z", rng.uniform(0, 2 * np.pi))
        self._taken: list[tuple[Vector, float]] = [(np.zeros(2), prop.radius)]

    def drawables(self, rng: Generator) -> list[Drawable]:
        """The table and, often, a printed board on it, under the main target; in an office magazines, too."""
        material = _carpet(rng, self._pool) if self._office and rng.random() < 0.4 else _top(rng, self._pool)
        parts = [self._sheet(self._pool.table, (1.0, 1.0), 0.0, material)]
        if rng.random() < 0.45:
            side = rng.uniform(*BOARD_M) if self._office else self._taken[0][1] * rng.uniform(1.8, 6.0)
            parts.append(self._sheet(self._pool.board, (side, side), PAPER_M, _print(rng, self._pool.boards)))
        return [*parts, *self._magazines(rng)] if self._office else parts

    def place(self, rng: Generator, prop: Prop, reach: float, standing: bool = False) -> Vector | None:
        """T_camera_object of another thing that is free, within `reach` radii of the middle; None for no room."""
        for _ in range(PLACING_TRIES):
            angle, first = rng.uniform(0, 2 * np.pi), self._taken[0][1]
            distance = (first + prop.radius) * rng.uniform(0.55, reach)
            at = distance * np.array([np.cos(angle), np.sin(angle)])
            if all(np.linalg.norm(at - other) > 0.6 * (radius + prop.radius) for other, radius in self._taken):
                self._taken.append((at, prop.radius))
                return self._put(rng, prop, at, standing or rng.random() < UPRIGHT_SHARE)
        return None

    def _put(self, rng: Generator, prop: Prop, at: Vector, upright: bool) -> Vector:
        """Upright or tumbled, its lowest vertex on the table."""
        spin = Rotation.from_euler("z", rng.uniform(0, 2 * np.pi)) if upright else Rotation.random(random_state=rng)
        turned = (prop.mesh.vertices - prop.centre) @ spin.as_matrix().T
        centre = np.array([*at, -float(turned[:, 2].min())])
        rotation = (self._turn * spin).as_matrix()
        return make_transform(rotation, self._foot + self._turn.apply(centre) - rotation @ prop.centre)

    def _magazines(self, rng: Generator) -> list[Drawable]:
        """Up to five, the first ones under the main target, each above the one before."""
        sheets = []
        for number in range(int(rng.integers(0, 6))):
            away = rng.normal(0, 0.06 + 0.06 * number, 2)
            pages, spin = _print(rng, self._pool.magazines), Rotation.from_euler("z", rng.uniform(0, 2 * np.pi))
            sides = float(rng.uniform(*PAGE_M)), float(rng.uniform(*PAGE_M))
            sheets.append(self._sheet(self._pool.board, sides, (2 + number) * PAPER_M, pages, away, spin))
        return sheets

    def _sheet(
        self,
        mesh: int,
        sides: tuple[float, float],
        height_m: float,
        material: Material,
        away: Vector | None = None,
        spin: Rotation | None = None,
    ) -> Drawable:
        """A slab `away` (2,) metres from the middle, turned about the table's normal."""
        turn = self._turn if spin is None else self._turn * spin
        shift = np.zeros(3) if away is None else self._turn.apply([*away, 0.0])
        pose = make_transform(turn.as_matrix(), self._foot + shift + height_m * self._up)
        pose[:3, :2] *= sides
        return Drawable(mesh, pose, material, UNNUMBERED)


def _print(rng: Generator, pictures: Sequence[int]) -> Material:
    return Material((0, 0, 0, 0), rng.uniform(0.5, 1.0), 0.0, 1.0, 1.0, int(rng.choice(pictures)))


def _carpet(rng: Generator, pool: Pool) -> Material:
    return Material((0, 0, 0, 0), 1.0, 0.0, 1.0, rng.uniform(0.8, 5.0), int(rng.choice(pool.carpets)))


def _top(rng: Generator, pool: Pool) -> Material:
    """Wood, a plain tone as worktops have, a printed pattern, or any colour."""
    kind, roughness, scale = rng.random(), rng.uniform(0.3, 1.0), rng.uniform(0.8, 5.0)
    grey = np.clip(rng.uniform(0.05, 1.0) * (1 + rng.normal(0, 0.08, 3)), 0, 1)
    if kind < 0.3:
        return Material((*grey, rng.uniform(0, 0.3)), roughness, 0.0, 1.0, scale, int(rng.choice(pool.woods)))
    if kind < 0.5:
        strength, pattern = rng.uniform(0, 0.3), int(rng.choice(pool.patterns))
        return Material((*grey, 1.0), roughness, 0.0, strength, 2 * scale, pattern)
    pattern = int(rng.choice(pool.boards if kind < 0.6 else pool.patterns))
    strength = rng.uniform(0.3, 1.0) if kind < 0.85 else 0.0
    return Material((*rng.uniform(0.05, 1.0, 3), 1.0), roughness, 0.0, strength, scale, pattern)
