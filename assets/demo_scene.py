"""The scene of the demo bag: the demo object on a table with everyday things, in a room.

World frame: metres, z up, the table's top at z = 0, the object near the origin.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from assets import demo_clutter as clutter
from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform
from training.rendering.mesh import from_trimesh, load_mesh
from training.rendering.renderer import Drawable, Lighting, Material, Renderer, Scene

Matrix = NDArray[np.float64]
CAMERA = Camera(600.0, 600.0, 321.5, 236.5, 640, 480)
TARGET_INSTANCE = 1
SUN_SPREAD = 0.035
SHADOW_RADIUS_M, SHADOW_SOFTNESS = 0.42, 0.0025
T_WORLD_OBJECT = make_transform(Rotation.from_euler("z", 25, degrees=True).as_matrix(), [0.0, 0.0, 0.030])


def wood_grain(rng: np.random.Generator, size: int = 1024) -> NDArray[np.uint8]:
    """(size, size, 3) RGB of planks: noise stretched along the grain."""
    grain = np.zeros((size, size), np.float32)
    for octave, strength in enumerate((1.0, 0.7, 0.5, 0.35)):
        coarse = rng.standard_normal((6 * 4**octave, 3 * 2**octave)).astype(np.float32)
        grain += strength * cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    shade = 1.0 + 0.055 * grain + np.repeat(rng.normal(0, 0.05, 5), size // 5 + 1)[:size, None]
    joints = np.abs(np.arange(size) % (size // 5) - 1) < 2
    shade[joints] *= 0.6
    return np.clip(shade[..., None] * np.array([178, 134, 92]), 0, 255).astype(np.uint8)


class DemoScene:
    """All meshes on the GPU; `at` gives the scene that the camera sees at a time."""

    def __init__(self, renderer: Renderer, mesh: Path, seed: int) -> None:
        rng = np.random.default_rng(seed)
        grain = renderer.upload_picture(wood_grain(rng))
        self._parts: list[tuple[int, Matrix, Material]] = []
        self._add(renderer.upload(load_mesh(mesh, "mm")), Material(roughness=0.45), T_WORLD_OBJECT)
        placed: list[tuple[trimesh.Trimesh, float, float, float, float]] = [
            (clutter.room(rng), 0, 0, 0, 0.9),
            (clutter.mug(), -0.17, 0.135, 200, 0.3),
            (clutter.books(), 0.19, 0.17, -20, 0.7),
            (clutter.marker_sheet(rng), -0.06, -0.19, 12, 0.8),
            (clutter.pens(), 0.15, -0.13, 65, 0.4),
            (clutter.tape_and_tin(), -0.23, -0.04, 75, 0.5),
            (clutter.bricks(), 0.14, 0.03, 40, 0.35),
        ]
        for shape, x, y, yaw_deg, roughness in placed:
            pose = make_transform(Rotation.from_euler("z", yaw_deg, degrees=True).as_matrix(), [x, y, 0.0])
            self._add(renderer.upload(from_trimesh(shape)), Material(roughness=roughness), pose)
        table = trimesh.creation.box((1.5, 0.9, 0.03)).apply_translation([0, 0, -0.0152])
        wood = Material(roughness=0.55, pattern_strength=1.0, pattern_scale=1.1, pattern=grain)
        self._add(renderer.upload(from_trimesh(table)), wood, np.eye(4))

    def _add(self, mesh: int, material: Material, pose: Matrix) -> None:
        self._parts.append((mesh, pose, material))

    def at(self, T_camera_world: Matrix, sun_jitter: NDArray[np.float64]) -> Scene:
        """The scene in the camera's frame; `sun_jitter` (3,) moves the main light, to soften shadows."""
        drawables = [
            Drawable(mesh, T_camera_world @ pose, material, TARGET_INSTANCE + number)
            for number, (mesh, pose, material) in enumerate(self._parts)
        ]
        lighting = _lighting(T_camera_world, sun_jitter)
        return Scene(CAMERA, drawables, lighting, np.full((8, 8, 3), 200, np.uint8))


def _lighting(T_camera_world: Matrix, sun_jitter: NDArray[np.float64]) -> Lighting:
    """Daylight from the window, a warm lamp and a weak fill, turned to the camera's frame."""
    turn = T_camera_world[:3, :3].T
    directions = np.array([[0.45, 0.75, 0.95], [-0.9, -0.2, 0.7], [0.3, -0.9, 0.4]])
    directions[0] += SUN_SPREAD * sun_jitter
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    colours = np.array([[2.7, 2.6, 2.45], [0.62, 0.5, 0.38], [0.22, 0.24, 0.28]])
    up = np.array([0.0, 0.0, 1.0]) @ turn
    centre = T_camera_world[:3, :3] @ [0.0, 0.0, 0.02] + T_camera_world[:3, 3]
    above, below = np.array([0.40, 0.42, 0.46]), np.array([0.24, 0.21, 0.18])
    return Lighting(directions @ turn, colours, above, below, up, centre, SHADOW_RADIUS_M, SHADOW_SOFTNESS)
