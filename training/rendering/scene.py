"""Random scenes: where the camera, the objects, the clutter and the light are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform
from training.rendering.mesh import Mesh
from training.rendering.pictures import random_picture
from training.rendering.renderer import Drawable, Lighting, Material, Scene
from training.rendering.settings import RenderSettings

Vector = NDArray[np.float64]
DISTRACTOR_INSTANCE = 1000


@dataclass(frozen=True)
class Pool:
    """Meshes on the GPU. targets: object id -> (mesh number, mesh). distractors and table: mesh numbers."""

    targets: dict[int, tuple[int, Mesh]]
    distractors: Sequence[int]
    table: int


def sample_camera_and_target(rng: np.random.Generator, settings: RenderSettings, mesh: Mesh) -> tuple[Camera, Vector]:
    """A camera and T_camera_object: a fixed camera where a focal length is set, else a virtual one cropped round it."""
    low, high = mesh.bounds.astype(np.float64)
    diagonal = float(np.linalg.norm(high - low))
    distance = rng.uniform(*settings.distance_m)
    rotation = Rotation.random(random_state=rng).as_matrix()
    width, height = settings.width, settings.height
    if settings.focal_px > 0:
        focal, margin = settings.focal_px, 0.35 * settings.focal_px * diagonal / distance
        pixel = rng.uniform([margin, margin], np.maximum([width - margin, height - margin], margin + 1))
        camera = Camera(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
        ray = np.array([(pixel[0] - camera.cx) / focal, (pixel[1] - camera.cy) / focal, 1.0])
    else:
        focal = _sample_extent(rng, settings.extent_px) * distance / diagonal
        ray = np.append(rng.uniform([-0.55, -0.42], [0.55, 0.42]), 1.0)
        shift = rng.normal(0, 0.12, 2).clip(-0.4, 0.4) * [width, height]
        centre = np.array([(width - 1) / 2, (height - 1) / 2]) + shift - focal * ray[:2]
        camera = Camera(focal, focal, centre[0], centre[1], width, height)
    return camera, make_transform(rotation, ray * distance - rotation @ ((low + high) / 2))


def _sample_extent(rng: np.random.Generator, extent_px: tuple[float, float]) -> float:
    """Two thirds in the upper half of the range, where the second pass works; the rest over the whole of it."""
    low, high = extent_px
    return float(rng.uniform((low + high) / 2 if rng.random() < 0.5 else low, high))


def sample_scene(
    rng: np.random.Generator,
    settings: RenderSettings,
    pool: Pool,
    camera: Camera,
    target: Drawable,
    occluders: Sequence[Drawable],
) -> Scene:
    """The target and its occluders with clutter, a table (in a share of scenes), light and background."""
    centre = target.T_camera_object[:3, 3]
    up = _sample_up(rng, centre)
    drawables = [target, *occluders]
    if rng.random() < settings.table_share:
        drawables += _table_and_clutter(rng, pool, target, up)
    background = random_picture(rng, max(160, settings.width // 2), max(160, settings.height // 2))
    return Scene(camera, drawables, sample_lighting(rng, centre, up), background)


def sample_occluders(rng: np.random.Generator, pool: Pool, target: Drawable) -> list[Drawable]:
    """One to three shapes between the camera and the target, near its line of sight."""
    centre = target.T_camera_object[:3, 3]
    occluders = []
    for index in range(int(rng.integers(1, 4))):
        nearer = rng.uniform(0.55, 0.9)
        position = centre * nearer + rng.normal(0, 0.055, 3) * [1, 1, 0.2]
        occluders.append(_distractor(rng, pool, position, DISTRACTOR_INSTANCE + index))
    return occluders


def sample_material(rng: np.random.Generator, uniform_colour_share: float) -> Material:
    """The target's look: its own colours, or one uniform colour, as a print has."""
    uniform = rng.random() < uniform_colour_share
    tint = (*rng.uniform(0.02, 1.0, 3), 1.0) if uniform else (*rng.uniform(0, 1, 3), rng.uniform(0, 0.15))
    metallic = rng.uniform(0, 0.6) if rng.random() < 0.15 else 0.0
    return Material(tint, rng.uniform(0.25, 1.0), metallic, rng.uniform(0, 0.12), rng.uniform(2, 30))


def sample_lighting(rng: np.random.Generator, centre: Vector, up: Vector) -> Lighting:
    """One main light with a shadow and two weaker ones, each with a colour of its own, over a soft ambient."""
    directions = rng.normal(0, 1, (3, 3)) + 1.2 * up - [0, 0, 0.6]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    power = np.array([rng.uniform(0.8, 3.6), rng.uniform(0, 1.2), rng.uniform(0, 0.8)])
    colours = power[:, None] * (1 + rng.normal(0, 0.13, (3, 3))).clip(0.4, 1.6)
    ambient = rng.uniform(0.08, 0.75) * (1 + rng.normal(0, 0.1, 3)).clip(0.5, 1.5)
    below = ambient * rng.uniform(0.3, 0.9)
    softness = rng.uniform(0.001, 0.02)
    return Lighting(directions, colours, ambient, below, up, centre, rng.uniform(0.22, 0.4), softness)


def _sample_up(rng: np.random.Generator, centre: Vector) -> Vector:
    """A unit normal of the table that faces the camera, so that its upper side is seen; camera frame."""
    towards_camera = -centre / np.linalg.norm(centre)
    up = np.array([0.0, -1.0, 0.0]) + rng.normal(0, 0.5, 3) + 0.5 * towards_camera
    up /= np.linalg.norm(up)
    if up @ towards_camera < 0.15:
        up += (0.3 - up @ towards_camera) * towards_camera
    return np.asarray(up / np.linalg.norm(up))


def _table_and_clutter(rng: np.random.Generator, pool: Pool, target: Drawable, up: Vector) -> list[Drawable]:
    mesh = next(mesh for number, mesh in pool.targets.values() if number == target.mesh)
    heights = (mesh.vertices @ target.T_camera_object[:3, :3].T) @ up
    foot = target.T_camera_object[:3, 3] + up * float(heights.min())
    facing = Rotation.align_vectors(up[None], np.array([[0.0, 0.0, 1.0]]))[0]
    spin = facing * Rotation.from_euler("z", rng.uniform(0, 2 * np.pi))
    tint = (*rng.uniform(0.05, 1.0, 3), 1.0)
    pattern = rng.uniform(0.3, 1.0) if rng.random() < 0.7 else 0.0
    material = Material(tint, rng.uniform(0.4, 1.0), 0.0, pattern, rng.uniform(0.7, 5.0))
    parts = [Drawable(pool.table, make_transform(spin.as_matrix(), foot), material, DISTRACTOR_INSTANCE)]
    for index in range(int(rng.integers(0, 4))):
        angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(0.09, 0.25)
        offset = spin.apply([radius * np.cos(angle), radius * np.sin(angle), 0.03])
        parts.append(_distractor(rng, pool, foot + offset, DISTRACTOR_INSTANCE + 10 + index))
    return parts


def _distractor(rng: np.random.Generator, pool: Pool, position: Vector, instance: int) -> Drawable:
    mesh = int(rng.choice(pool.distractors))
    rotation = Rotation.random(random_state=rng).as_matrix()
    tint = (*rng.uniform(0, 1, 3), rng.uniform(0, 1))
    pattern = rng.uniform(0, 0.9) if rng.random() < 0.5 else 0.0
    material = Material(tint, rng.uniform(0.2, 1.0), rng.uniform(0, 0.7), pattern, rng.uniform(3, 30))
    return Drawable(mesh, make_transform(rotation, position), material, instance)
