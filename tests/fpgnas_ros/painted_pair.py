"""The painted scene with two instances of its object, each of which may be hidden."""

import numpy as np
from numpy.typing import NDArray

from tests.fpgnas_ros.painted_scene import paint

SHIFTS_PX = {"left": -160, "right": 160}


def paint_sides(*sides: str) -> NDArray[np.uint8]:
    """(480, 640, 3) BGR frame with an object on each of `sides`."""
    frame = paint(visible=False)
    for side in sides:
        shifted = np.roll(paint(), SHIFTS_PX[side], axis=1)
        frame = np.where(shifted[..., :1] == 255, shifted, frame)
    return frame


def side_of(x: float) -> str:
    """On which side an object with this x in the camera's frame is, metres."""
    return "left" if x < 0 else "right"
