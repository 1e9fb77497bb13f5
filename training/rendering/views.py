"""Random cameras and poses of the object that an image is about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform
from fpgnas_core.upright import upright_roll
from training.rendering.pool import Prop
from training.rendering.settings import RenderSettings

Vector = NDArray[np.float64]
TRUNCATED_SHARE = 0.15
MOST_STANDING_ROLL = np.pi / 4


def sample_view(rng: np.random.Generator, settings: RenderSettings, prop: Prop) -> tuple[Camera, Vector]:
    """A camera and T_camera_object: a fixed camera where a focal length is set, else a virtual one cropped round it."""
    distance = rng.uniform(*settings.distance_m)
    camera, ray = (_fixed if settings.focal_px > 0 else _cropped)(rng, settings, prop, distance)
    rotation = sample_rotation(rng, settings, ray)
    return camera, make_transform(rotation, ray * distance - rotation @ prop.centre)


def sample_rotation(rng: np.random.Generator, settings: RenderSettings, ray: Vector) -> Vector:
    """(3, 3), camera from object, of an object seen along `ray`: any, or one in which it stands."""
    while True:
        rotation = Rotation.random(random_state=rng).as_matrix()
        if not settings.standing:
            return rotation
        up = rotation[:, 2]
        if up @ ray < 0 and abs(np.angle(np.exp(1j * upright_roll(ray, up)))) < MOST_STANDING_ROLL:
            return rotation


def fixed_camera(settings: RenderSettings) -> Camera:
    """The camera of whole frames."""
    width, height, focal = settings.width, settings.height, settings.focal_px
    return Camera(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)


def ray_through(camera: Camera, pixel: Vector) -> Vector:
    """(3,) direction of depth 1 through a pixel."""
    return np.array([(pixel[0] - camera.cx) / camera.fx, (pixel[1] - camera.cy) / camera.fy, 1.0])


def cropped_camera(
    rng: np.random.Generator, settings: RenderSettings, prop: Prop, ray: Vector, distance: float
) -> Camera:
    """A virtual camera that has the point at `ray` * `distance` near its picture's middle, at a random scale."""
    width, height = settings.width, settings.height
    focal = _sample_extent(rng, settings.extent_px) * distance / (2 * prop.radius)
    shift = rng.normal(0, settings.off_centre, 2).clip(-0.4, 0.4) * [width, height]
    centre = np.array([(width - 1) / 2, (height - 1) / 2]) + shift - focal * ray[:2]
    return Camera(focal, focal, centre[0], centre[1], width, height)


def _fixed(rng: np.random.Generator, settings: RenderSettings, prop: Prop, distance: float) -> tuple[Camera, Vector]:
    camera = fixed_camera(settings)
    margin = 0.0 if rng.random() < TRUNCATED_SHARE else 0.7 * settings.focal_px * prop.radius / distance
    low, high = np.full(2, margin), np.array([camera.width, camera.height]) - margin
    return camera, ray_through(camera, rng.uniform(low, np.maximum(high, low + 1)))


def _cropped(rng: np.random.Generator, settings: RenderSettings, prop: Prop, distance: float) -> tuple[Camera, Vector]:
    ray = np.append(rng.uniform([-0.55, -0.42], [0.55, 0.42]), 1.0)
    return cropped_camera(rng, settings, prop, ray, distance), ray


def _sample_extent(rng: np.random.Generator, extent_px: tuple[float, float]) -> float:
    """Three quarters in the upper half of the range, where the second pass works."""
    low, high = extent_px
    return float(rng.uniform((low + high) / 2 if rng.random() < 0.5 else low, high))
