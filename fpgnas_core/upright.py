"""The roll of a second pass's crop: one axis of the object points up in it.

Of the three degrees of freedom of a rotation, one, the roll about the line of sight, turns the picture and nothing
else. The first pass (or the last frame) knows it well enough to undo it, so that the second pass is left
with two.
"""

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import FloatArray, checked


def upright_roll(center: ArrayLike, axis: ArrayLike) -> float:
    """Return the angle, radians, by which to turn the picture so that the object's axis points up.

    center: (3,), where the object is, metres, in front of the camera; axis: (3,), its axis; both in camera
    coordinates. A positive angle turns x towards y: clockwise on the screen. Seen along the axis, up is
    any direction. Raises ShapeError.
    """
    return float(upright_rolls(np.reshape(center, (1, -1)), np.reshape(axis, (1, -1)))[0])


def upright_rolls(centers: ArrayLike, axes: ArrayLike) -> FloatArray:
    """Return the (N,) angles of `upright_roll` of (N, 3) centres and axes. Raises ShapeError."""
    x, y, z = checked("centers", centers, (None, 3)).T
    along = checked("axes", axes, (len(x), 3)).T
    # The derivative of the projection as the centre moves along the axis.
    rolls: FloatArray = -np.pi / 2 - np.arctan2(along[1] - y / z * along[2], along[0] - x / z * along[2])
    return rolls
