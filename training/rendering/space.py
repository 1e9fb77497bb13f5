"""Random views of one spacecraft: in orbit as in SPEED, and before the lamps of SPEED+'s two test beds.

Park et al. 2022, "SPEED+": lightbox images are lit by diffuser plates that stand for the Earth's albedo, sunlamp images
by one metal halide arc lamp that stands for direct sunlight.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from scipy.stats import gamma

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform, transform_points
from training.rendering.pool import Pool, Prop
from training.rendering.renderer import Lighting, Material
from training.rendering.scene import Draft, Target
from training.rendering.sensor import random_blur, random_noise
from training.rendering.settings import RenderSettings
from training.rendering.views import cropped_camera, fixed_camera

Vector = NDArray[np.float64]
Picture = NDArray[np.uint8]
Generator = np.random.Generator
# Of SPEED's 12,000 training labels: the depth (3.0 to 40.2 m) follows a gamma distribution of this shape and scale that
# starts at 2.94 m (Kolmogorov-Smirnov distance 0.037); here it starts at the lowest distance asked for. x/z and y/z are
# normal with these widths at every distance, none beyond these limits; the attitude is close to uniform (second moments
# of the viewing direction 0.31 to 0.35).
DEPTH_SHAPE, DEPTH_SCALE_M = 1.442, 5.517
BEARING_SIGMA, BEARING_MOST = (0.0259, 0.0329), (0.098, 0.128)
EARTH_SHARE, STARS_SHARE = 0.5, 0.15
PEAK_SUN = {"space": (3.0, 9.0), "lightbox": (1.0, 3.0), "sunlamp": (7.0, 22.0)}


class SpaceSampler:
    """Draws views, light and background of a spacecraft alone."""

    def __init__(self, settings: RenderSettings, pool: Pool) -> None:
        self.settings, self.pool = settings, pool

    def view(self, rng: Generator, prop: Prop) -> tuple[Camera, Vector]:
        """A camera and T_camera_object, distributed as in SPEED's labels."""
        low, high = self.settings.distance_m
        most = gamma.cdf(high - low, DEPTH_SHAPE, scale=DEPTH_SCALE_M)
        depth = low + float(gamma.ppf(rng.uniform(0, most), DEPTH_SHAPE, scale=DEPTH_SCALE_M))
        ray = np.append(rng.normal(0, BEARING_SIGMA).clip(-np.array(BEARING_MOST), BEARING_MOST), 1.0)
        rotation = Rotation.random(random_state=rng).as_matrix()
        fixed = self.settings.focal_px > 0
        camera = fixed_camera(self.settings) if fixed else cropped_camera(rng, self.settings, prop, ray, depth)
        return camera, make_transform(rotation, ray * depth)

    def material(self, rng: Generator) -> Material:
        """Foil and cells, more or less bright, shining and crumpled."""
        grey = rng.uniform(0, 1)
        tint = (grey, grey, grey, rng.uniform(0, 0.35))
        metallic = rng.uniform(0, 0.8) if rng.random() < 0.6 else 0.0
        crumpled, pattern = rng.uniform(0, 0.3), int(rng.choice(self.pool.patterns))
        return Material(tint, rng.uniform(0.2, 0.9), metallic, crumpled, rng.uniform(0.5, 6), pattern)

    def is_occluded(self, rng: Generator) -> bool:
        """Never: a spacecraft is alone."""
        return False

    def draft(self, rng: Generator, camera: Camera, main: Target, occluded: bool) -> Draft:
        """Light and background."""
        prop = self.pool.targets[main.object_id]
        centre = transform_points(main.drawable.T_camera_object, prop.centre[None])[0]
        lighting = self._light(rng, centre, 1.1 * prop.radius)
        background = self._background(rng, camera, lighting.directions[0])
        return Draft([main], [], lighting, background)

    def photograph(self, rng: Generator, picture: Picture) -> Picture:
        """What the camera makes of it: grey, blurred, noisy, and glowing where the lamp is too bright."""
        strength = self.settings.sensor_strength
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        if self.settings.environment == "sunlamp":
            grey = _glow(rng, grey)
        if strength > 0:
            grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.3, 0.3 + 1.2 * strength)), np.uint8)
            if rng.random() < 0.2 * strength:
                grey = random_blur(rng, grey, strength)
            grey = random_noise(rng, grey, rng.uniform(1, 14) * strength)
        return np.repeat(grey[..., None], 3, axis=2)

    def _light(self, rng: Generator, centre: Vector, reach_m: float) -> Lighting:
        kind = self.settings.environment
        directions = rng.normal(0, 1, (3, 3)) - [0, 0, 0.7]  # more often from behind the camera, so that much is lit
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        power = np.array([rng.uniform(*PEAK_SUN[kind]), 0.0, 0.0])
        ambient, softness = rng.uniform(0.0, 0.06), rng.uniform(2e-4, 1e-3)
        if kind == "lightbox":
            power[1:] = rng.uniform(0.3, 2.2, 2)
            ambient, softness = rng.uniform(0.02, 0.2), rng.uniform(0.01, 0.03)
        below = ambient * rng.uniform(0.1, 0.7)
        up = rng.normal(0, 1, 3)
        up /= np.linalg.norm(up)
        colours = np.repeat(power[:, None], 3, axis=1)
        return Lighting(directions, colours, np.full(3, ambient), np.full(3, below), up, centre, reach_m, softness)

    def _background(self, rng: Generator, camera: Camera, sun: Vector) -> Picture:
        height, width = camera.height, camera.width
        if self.settings.environment != "space":  # black cloth, not wholly black
            shade = rng.uniform(0, 14) * cv2.resize(rng.random((4, 6), np.float32), (width, height))
            return np.repeat(shade[..., None], 3, axis=2).astype(np.uint8)
        picture = np.zeros((height, width), np.float32)
        if rng.random() < STARS_SHARE:
            count = int(rng.integers(10, 120))
            picture[rng.integers(0, height, count), rng.integers(0, width, count)] = rng.gamma(1.2, 60, count)
        if rng.random() < EARTH_SHARE:
            picture = _add_earth(rng, picture, sun)
        return np.repeat(picture.clip(0, 255)[..., None], 3, axis=2).astype(np.uint8)


def _add_earth(rng: Generator, picture: NDArray[np.float32], sun: Vector) -> NDArray[np.float32]:
    """A part of the Earth's disc with clouds, its limb's soft glow, and day fading into night."""
    height, width = picture.shape
    size = max(height, width)
    radius = size * rng.uniform(0.8, 6.0)
    angle, edge = rng.uniform(0, 2 * np.pi), size * rng.uniform(-0.75, 0.35)
    outward = np.array([np.cos(angle), np.sin(angle)])
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    x = columns - width / 2 + outward[0] * (edge + radius)
    y = rows - height / 2 + outward[1] * (edge + radius)
    height_px = np.hypot(x, y) - radius  # over the ground
    depth = np.sqrt(np.maximum(1 - (x**2 + y**2) / radius**2, 0))
    day = np.clip(1.5 * (x * sun[0] / radius + y * sun[1] / radius - depth * sun[2]) + rng.uniform(0.2, 0.8), 0.03, 1)
    brightness = rng.uniform(50, 200)
    ground = brightness * day * (0.35 + _clouds(rng, width, height) * (0.4 + 0.6 * depth))
    thickness = size * rng.uniform(0.004, 0.02)
    glow = 0.6 * brightness * day * np.exp(-np.maximum(height_px, 0) / thickness)
    return np.asarray(np.where(height_px < 0, ground, picture + glow), np.float32)


def _clouds(rng: Generator, width: int, height: int) -> NDArray[np.float32]:
    """(height, width), about 0 to 1: octaves of noise, with gaps."""
    total = np.zeros((height, width), np.float32)
    cells = int(rng.integers(2, 7))
    for octave in range(5):
        coarse = rng.random((cells * 2**octave, cells * 2**octave), np.float32) - 0.5
        total += 0.65**octave * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(rng.uniform(0.1, 0.5) + rng.uniform(0.6, 1.4) * total, 0, 1), np.float32)


def _glow(rng: Generator, grey: Picture) -> Picture:
    """The light of pixels near white spills over their surroundings, as in an overexposed lens."""
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).astype(np.float32)
    spill = cv2.GaussianBlur(np.maximum(small - 200, 0), (0, 0), rng.uniform(1.5, 0.03 * grey.shape[1]))
    wide = cv2.resize(spill, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray((grey + rng.uniform(0.2, 1.2) * wide).clip(0, 255), np.uint8)
