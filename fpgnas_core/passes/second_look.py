"""Whether a crop was taken too far off from where the object in it turned out to be."""

import math

from fpgnas_core.arrays import FloatArray
from fpgnas_core.imaging import picture_rotation

_MOST_TURN, _MOST_LOG_SIZE, _MOST_SHIFT = math.radians(20.0), 0.2, 0.1
"""Twice the standard deviations by which crops are off in training: radians, natural log, sizes of the object."""


def is_misplaced(taken_px: FloatArray, taken_roll: float, found_px: FloatArray, found_roll: float) -> bool:
    """Tell whether a crop round `taken_px`, turned by `taken_roll`, lies otherwise than crops do in training.

    (K, 2) keypoints in pixels of the frame and rolls in radians: where the crop was taken, and of the pose found in it.
    A network is less sure of what it sees in such a crop than it says, and a crop taken anew costs one pass.
    """
    turn = abs((found_roll - taken_roll + math.pi) % (2 * math.pi) - math.pi)
    taken, found = _extent(taken_px, taken_roll), _extent(found_px, found_roll)
    shift = math.hypot(*(found_px - taken_px).mean(axis=0)) / found
    return bool(turn > _MOST_TURN or abs(math.log(found / taken)) > _MOST_LOG_SIZE or shift > _MOST_SHIFT)


def _extent(keypoints_px: FloatArray, roll: float) -> float:
    """Longer side of the turned keypoints' rectangle, at least a pixel."""
    turned = keypoints_px @ picture_rotation(roll).T
    return max(1.0, float((turned.max(axis=0) - turned.min(axis=0)).max()))
