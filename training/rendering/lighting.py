"""Random light and looks: lamps and daylight under a camera's white balance, and materials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.rendering.renderer import Lighting, Material

Vector = NDArray[np.float64]
WARM_K, DAYLIGHT_K = (2600.0, 3600.0), (4800.0, 7500.0)
WARM_SHARE = 0.5
KELVIN = np.array([2500.0, 2700.0, 4000.0, 5500.0, 6500.0, 8000.0])
BLACK_BODY = np.array(
    [[1, 0.36, 0.07], [1, 0.40, 0.10], [1, 0.64, 0.37], [1, 0.84, 0.74], [1, 0.95, 0.98], [0.77, 0.81, 1.0]]
)
"""Linear sRGB of a black body at KELVIN, its brightest channel 1."""


def black_body(kelvin: float) -> Vector:
    """(3,) linear RGB of a lamp of this colour temperature; between the table's rows by reciprocal temperature."""
    return np.array([np.interp(-1 / kelvin, -1 / KELVIN, channel) for channel in BLACK_BODY.T])


def sample_lighting(rng: np.random.Generator, centre: Vector, up: Vector, reach_m: float) -> Lighting:
    """One main light with a shadow and two weaker ones over a soft ambient, each warm or cool.

    The camera's white balance follows the main light, more or less. reach_m: radius of the region that has shadows.
    """
    directions = rng.normal(0, 1, (3, 3)) + 1.2 * up - [0, 0, 0.6]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    kelvin = [rng.uniform(*(WARM_K if rng.random() < WARM_SHARE else DAYLIGHT_K)) for _ in range(4)]
    balanced = black_body(5500 + rng.uniform(0.4, 1.1) * (kelvin[0] - 5500))
    tints = np.array([black_body(k) for k in kelvin]) / balanced
    tints /= tints.mean(axis=1, keepdims=True)
    power = np.array([rng.uniform(0.8, 3.6), rng.uniform(0, 1.2), rng.uniform(0, 0.8)])
    colours = power[:, None] * tints[:3] * (1 + rng.normal(0, 0.06, (3, 3)))
    ambient = rng.uniform(0.08, 0.75) * tints[3] * (1 + rng.normal(0, 0.06, 3))
    below = ambient * rng.uniform(0.3, 0.9)
    radius = reach_m * rng.uniform(0.9, 1.6)
    softness = rng.uniform(0.001, 0.02)
    return Lighting(directions, colours, ambient, below, up, centre, radius, softness)


def sample_material(
    rng: np.random.Generator,
    uniform_colour_share: float,
    tint_share: float,
    contrast: tuple[float, float],
    patterns: Sequence[int],
) -> Material:
    """An object's look: its own colours under a tint of at most this share, or one uniform colour, as a print has.

    contrast: lowest and highest of its own colours; all ratios are as likely.
    """
    uniform = rng.random() < uniform_colour_share
    tint = (*rng.uniform(0.02, 1.0, 3), 1.0) if uniform else (*rng.uniform(0, 1, 3), rng.uniform(0, tint_share))
    metallic = rng.uniform(0, 0.6) if rng.random() < 0.15 else 0.0
    dirt, scale, pattern = rng.uniform(0, 0.12), rng.uniform(2, 30), int(rng.choice(patterns))
    roughness, (low, high) = rng.uniform(0.25, 1.0), contrast
    own = low * (high / low) ** rng.random() if low < high else low
    return Material(tint, roughness, metallic, dirt, scale, pattern, own)
