"""The camera's path in the demo bag."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from fpgnas_core.se3 import invert_transform, make_transform

Matrix = NDArray[np.float64]


def handheld_path(
    rng: np.random.Generator, duration_s: float, object_at: NDArray[np.float64]
) -> Callable[[float], Matrix]:
    """T_camera_world by time, seconds: round `object_at` (3,), 0.3 to 1.0 m from it, as from a hand."""
    phases = rng.uniform(0, 2 * np.pi, (6, 3))
    rates = 2 * np.pi * np.array([0.3, 0.8, 1.9])
    sway_sizes = np.array([1.0, 0.25, 0.06])

    def sway(channel: int, time: float) -> float:
        return float(sway_sizes @ np.sin(rates * time + phases[channel]))

    def pose(time: float) -> Matrix:
        share = time / duration_s
        azimuth = np.radians(-70 + 330 * share) + 0.05 * sway(0, time)
        elevation = np.radians(42 - 19 * np.cos(2 * np.pi * 1.5 * share)) + 0.03 * sway(1, time)
        distance = 0.64 - 0.31 * np.cos(2 * np.pi * (1.75 * share + 0.45)) + 0.012 * sway(2, time)
        direction = [
            np.cos(elevation) * np.cos(azimuth),
            np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation),
        ]
        eye = object_at + distance * np.array(direction)
        aim = 0.13 * distance * np.array([sway(3, time), sway(4, time), 0.4 * sway(5, time)])
        roll = np.radians(9) * sway(5, 0.6 * time + 1)
        return _look_at(eye, object_at + aim, roll)

    return pose


def _look_at(eye: NDArray[np.float64], aim: NDArray[np.float64], roll_rad: float) -> Matrix:
    """T_camera_world of an optical frame at `eye` whose z axis goes through `aim`."""
    forward = (aim - eye) / np.linalg.norm(aim - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    level = np.stack([right, np.cross(forward, right), forward], axis=1)
    rotation = level @ Rotation.from_euler("z", roll_rad).as_matrix()
    return invert_transform(make_transform(rotation, eye))
