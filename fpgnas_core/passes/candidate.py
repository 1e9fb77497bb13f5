"""Where the second pass looks."""

from dataclasses import dataclass, replace

import numpy as np

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.passes.second_look import is_misplaced
from fpgnas_core.se3 import transform_points
from fpgnas_core.upright import upright_roll


@dataclass(frozen=True, eq=False)
class Candidate:
    """Where to look for an instance, and what is known of it."""

    object_index: int
    """Of the bundle's objects."""
    keypoints_px: FloatArray
    """(K, 2), where its keypoints are expected, pixels of the frame."""
    roll: float
    """By which the picture is turned to make the object upright, radians."""
    T_reference: FloatArray
    """(4, 4); of equivalent poses the one nearest to this is meant."""
    instance: int
    """Number of the instance, or -1 for a new one."""
    confidence: float
    """0 to 1, that it is one."""

    @classmethod
    def first_seen(
        cls, object_index: int, model: ObjectModel, pixels: FloatArray, T_camera_object: FloatArray, confidence: float
    ) -> "Candidate":
        """Return where to look for what the first pass sees at (K, 2) `pixels`, and at a pose that explains them."""
        # At first sight the equivalent pose nearest the camera's own axes is the canonical one.
        return cls(object_index, pixels, _roll(T_camera_object, model), np.eye(4), -1, confidence)

    @classmethod
    def at(
        cls,
        object_index: int,
        model: ObjectModel,
        T_camera_object: FloatArray,
        camera: Camera,
        instance: int,
        confidence: float = 1.0,
    ) -> "Candidate | None":
        """Return where to look for an object at a pose, None if it reaches behind the camera."""
        points = transform_points(T_camera_object, model.keypoints)
        if points[:, 2].min() <= 0:
            return None
        roll = _roll(T_camera_object, model)
        return cls(object_index, camera.project(points), roll, T_camera_object, instance, confidence)

    def varied(self, turn: float, size: float) -> "Candidate":
        """Return a crop round the same middle that is turned by `turn` radians and `size` times as large."""
        middle = self.keypoints_px.mean(axis=0)
        return replace(self, roll=self.roll + turn, keypoints_px=middle + size * (self.keypoints_px - middle))

    def is_off(self, found: "Candidate") -> bool:
        """Tell whether a crop of this one is too far off from where the object was `found` in it."""
        return is_misplaced(self.keypoints_px, self.roll, found.keypoints_px, found.roll)


def _roll(pose: FloatArray, model: ObjectModel) -> float:
    center = transform_points(pose, model.keypoints[:1])[0]
    return upright_roll(center, pose[:3, :3] @ np.array(model.upright_axis))
