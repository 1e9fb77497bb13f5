"""The roll of a second pass's crop: one axis of the object points up in it.

Of the three degrees of freedom of a rotation, one, the roll about the line of sight, turns the picture and nothing
else. The first pass (or the last frame) knows it well enough to undo it, so that the second pass is left
with two.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray, checked


def upright_roll(center: ArrayLike, axis: ArrayLike) -> float:
    """Return the angle, radians, by which to turn the picture so that the object's axis points up.

    center: (3,), where the object is, metres, in front of the camera; axis: (3,), its axis; both in camera
    coordinates. A positive angle turns x towards y: clockwise on the screen. Seen along the axis, up is
    any direction. Raises ShapeError.
    """
    x, y, z = checked("center", center, (3,)).tolist()
    return float(_roll(x / z, y / z, *checked("axis", axis, (3,)).tolist()))


def upright_rolls(centers: ArrayLike, axes: ArrayLike) -> FloatArray:
    """Return the (N,) angles of `upright_roll` of (N, 3) centres and axes. Raises ShapeError."""
    x, y, z = checked("centers", centers, (None, 3)).T
    rolls: FloatArray = _roll(x / z, y / z, *checked("axes", axes, (len(x), 3)).T)
    return rolls


def _roll(x: Any, y: Any, along_x: Any, along_y: Any, along_z: Any) -> Any:
    """Return the roll where a centre at (x, y, 1) moves along an axis: the derivative of its projection. Any shape."""
    return -np.pi / 2 - np.arctan2(along_y - y * along_z, along_x - x * along_z)
