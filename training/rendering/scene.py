"""Random rooms: where the objects, the clutter and the light are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform, transform_points
from training.rendering.lighting import sample_lighting, sample_material
from training.rendering.pictures import random_picture
from training.rendering.pool import Pool, Prop, photograph_part
from training.rendering.renderer import Drawable, Lighting, Material
from training.rendering.sensor import photograph
from training.rendering.settings import RenderSettings
from training.rendering.table import UPRIGHT_SHARE, Table
from training.rendering.views import ray_through, sample_rotation, sample_view

Vector = NDArray[np.float64]
Generator = np.random.Generator
FIRST_DISTRACTOR = 1000
OTHER_OBJECT_SHARE = 0.6


@dataclass(frozen=True)
class Target:
    """An annotated object; its drawable's instance is its number in the image, from 1."""

    object_id: int
    drawable: Drawable


@dataclass(frozen=True)
class Draft:
    """A scene before it is known who hides whom."""

    targets: list[Target]
    others: list[Drawable]
    lighting: Lighting
    background: NDArray[np.uint8]


class RoomSampler:
    """Draws the surroundings of a main target, which stands on a table or floats."""

    def __init__(self, settings: RenderSettings, pool: Pool) -> None:
        self.settings, self.pool = settings, pool

    def view(self, rng: Generator, prop: Prop) -> tuple[Camera, Vector]:
        """A camera and T_camera_object."""
        return sample_view(rng, self.settings, prop)

    def photograph(self, rng: Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What the camera makes of a clean picture."""
        return photograph(rng, picture, self.settings.sensor_strength)

    def material(self, rng: Generator) -> Material:
        """The look of an annotated object."""
        settings = self.settings
        looks = settings.uniform_colour_share, settings.tint_share, settings.contrast
        return sample_material(rng, *looks, self.pool.patterns)

    def is_occluded(self, rng: Generator) -> bool:
        """Whether something is to stand in the main target's way."""
        return rng.random() < self.settings.occluded_share

    def draft(self, rng: Generator, camera: Camera, main: Target, occluded: bool) -> Draft:
        """Everything but the camera and the main target, which are given."""
        prop = self.pool.targets[main.object_id]
        pose = main.drawable.T_camera_object
        centre = transform_points(pose, prop.centre[None])[0]
        on_table = rng.random() < self.settings.table_share
        up = self._up(rng, centre, pose[:3, 2], on_table)
        # Without offices nothing is drawn for them, so that the images of a seed stay as they are.
        office = self.settings.office_share > 0 and rng.random() < self.settings.office_share
        table = Table(rng, self.pool, prop, pose, up, office) if on_table else None
        targets = [main, *self._more_targets(rng, camera, main, centre, table)]
        others = [] if table is None else table.drawables(rng)
        others += self._clutter(rng, table, prop, centre, main.object_id)
        if occluded:
            others += self._occluders(rng, prop, centre, main.object_id)
        others = [replace(part, instance=FIRST_DISTRACTOR + place) for place, part in enumerate(others)]
        reach = max(0.25, 2.5 * prop.radius) if len(targets) == 1 else 0.45
        return Draft(targets, others, sample_lighting(rng, centre, up, reach), self._background(rng))

    def _up(self, rng: Generator, centre: Vector, upright: Vector, on_table: bool) -> Vector:
        if self.settings.standing:
            return upright
        return _sample_up(rng, centre, upright if on_table else None)

    def _background(self, rng: Generator) -> NDArray[np.uint8]:
        width, height = max(160, self.settings.width // 2), max(160, self.settings.height // 2)
        if self.pool.backgrounds and rng.random() < 0.5:
            path = self.pool.backgrounds[rng.integers(len(self.pool.backgrounds))]
            return photograph_part(rng, path, self.settings.width, self.settings.height)
        return random_picture(rng, width, height)

    def _more_targets(
        self, rng: Generator, camera: Camera, main: Target, centre: Vector, table: Table | None
    ) -> list[Target]:
        low, high = self.settings.objects_per_image
        ids = [object_id for object_id in self.pool.targets if object_id != main.object_id]
        chosen = rng.permutation(ids)[: int(rng.integers(low, high + 1)) - 1]
        found: list[Target] = []
        for object_id in map(int, chosen):
            prop = self.pool.targets[object_id]
            if table is not None:
                pose = table.place(rng, prop, 2.2, self.settings.standing)
            else:
                pixel = rng.uniform([0, 0], [camera.width, camera.height])
                place = ray_through(camera, pixel) * centre[2] * rng.uniform(0.75, 1.35)
                pose = _posed(prop, sample_rotation(rng, self.settings, place), place)
            if pose is not None and _is_before_camera(prop, pose):
                drawable = Drawable(prop.number, pose, self.material(rng), 2 + len(found))
                found.append(Target(object_id, drawable))
        return found

    def _clutter(
        self, rng: Generator, table: Table | None, target: Prop, centre: Vector, object_id: int
    ) -> list[Drawable]:
        """Things that stand on the table or float about the target."""
        low, high = self.settings.distractors_per_image
        parts = []
        for _ in range(int(rng.integers(low, high + 1))):
            prop, material = self._distractor(rng, object_id)
            pose = table.place(rng, prop, 2.5) if table else None
            if pose is None:
                away = rng.normal(0, 1, 3)
                away *= rng.uniform(1.1, 3.0) * (target.radius + prop.radius) / np.linalg.norm(away)
                pose = _floating(rng, prop, centre + away)
            if _is_before_camera(prop, pose):
                parts.append(Drawable(prop.number, pose, material, FIRST_DISTRACTOR))
        return parts

    def _occluders(self, rng: Generator, target: Prop, centre: Vector, object_id: int) -> list[Drawable]:
        """One to three things between the camera and the target, near its line of sight."""
        parts = []
        for _ in range(int(rng.integers(1, 4))):
            prop, material = self._distractor(rng, object_id)
            place = centre * rng.uniform(0.55, 0.9) + rng.normal(0, 0.85 * target.radius, 3) * [1, 1, 0.2]
            pose = _floating(rng, prop, place)
            if _is_before_camera(prop, pose):
                parts.append(Drawable(prop.number, pose, material, FIRST_DISTRACTOR))
        return parts

    def _distractor(self, rng: Generator, object_id: int) -> tuple[Prop, Material]:
        """A shape or, in crops, one of the other objects. In whole frames an object that is there is annotated."""
        others = [prop for other, prop in self.pool.targets.items() if other != object_id]
        if others and self.settings.focal_px == 0 and rng.random() < OTHER_OBJECT_SHARE:
            return others[rng.integers(len(others))], self.material(rng)
        tint = (*rng.uniform(0, 1, 3), rng.uniform(0, 1))
        strength = rng.uniform(0, 0.9) if rng.random() < 0.5 else 0.0
        pattern = int(rng.choice(self.pool.patterns))
        material = Material(tint, rng.uniform(0.2, 1.0), rng.uniform(0, 0.7), strength, rng.uniform(3, 30), pattern)
        return self.pool.distractors[rng.integers(len(self.pool.distractors))], material


def _floating(rng: Generator, prop: Prop, place: Vector) -> Vector:
    """T_camera_object of a thing turned at random, its box's centre at `place` (3,), camera frame."""
    return _posed(prop, Rotation.random(random_state=rng).as_matrix(), place)


def _is_before_camera(prop: Prop, pose: Vector) -> bool:
    """Whether all of a thing is: nothing else stands where the camera does, and labels are of what is before it."""
    return bool(transform_points(pose, prop.centre[None])[0, 2] > prop.radius)


def _posed(prop: Prop, rotation: Vector, place: Vector) -> Vector:
    return make_transform(rotation, place - rotation @ prop.centre)


def _sample_up(rng: Generator, centre: Vector, upright: Vector | None) -> Vector:
    """A unit normal of the table that faces the camera, so that its upper side is seen; camera frame.

    upright: (3,) where the object stands as it was modelled, in a share of the images if the camera sees that side.
    """
    towards_camera = -centre / np.linalg.norm(centre)
    if upright is not None and upright @ towards_camera > 0.15 and rng.random() < UPRIGHT_SHARE:
        return upright
    up = np.array([0.0, -1.0, 0.0]) + rng.normal(0, 0.5, 3) + 0.5 * towards_camera
    up /= np.linalg.norm(up)
    if up @ towards_camera < 0.15:
        up += (0.3 - up @ towards_camera) * towards_camera
    return np.asarray(up / np.linalg.norm(up))


def all_drawables(targets: Sequence[Target], others: Sequence[Drawable]) -> list[Drawable]:
    """What is drawn: the annotated objects, then the rest."""
    return [*(target.drawable for target in targets), *others]
