"""What a bundle knows about one object."""

from dataclasses import dataclass, field

import numpy as np

from fpgnas_core.arrays import FloatArray
from fpgnas_core.bundle_schema import Json, Reader
from fpgnas_core.errors import BundleError
from fpgnas_core.symmetry import ContinuousSymmetry

MINIMUM_KEYPOINTS = 4
"""Four points are the fewest that give one pose (three leave up to four solutions)."""


def _no_transforms() -> FloatArray:
    return np.zeros((0, 4, 4))


@dataclass(frozen=True, eq=False)
class ObjectModel:
    """Geometry of one object in its own frame, metres."""

    object_id: int
    """BOP id, 1 or above."""
    name: str
    keypoints: FloatArray
    """(n_keypoints, 3), metres; the first is the centre."""
    diameter: float
    """Largest distance between two points of the surface, metres."""
    box_size: tuple[float, float, float]
    """Axis-aligned bounding box, metres."""
    box_center: tuple[float, float, float]
    """Centre of that box, metres."""
    upright_axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """The axis that points up in the second pass's crops, object frame."""
    symmetries_discrete: FloatArray = field(default_factory=_no_transforms)
    """(n, 4, 4), metres, without the identity."""
    symmetries_continuous: tuple[ContinuousSymmetry, ...] = ()

    @classmethod
    def from_json(cls, reader: Reader) -> "ObjectModel":
        """Read one entry of `objects` in bundle.json. Raises BundleError."""
        keypoints = reader.array("keypoints", (None, 3))
        if len(keypoints) < MINIMUM_KEYPOINTS:
            least = MINIMUM_KEYPOINTS
            msg = f"{reader.where}: 'keypoints' expected at least {least} points, got {len(keypoints)}"
            raise BundleError(msg)
        center = reader.array("box_center", (3,))
        return cls(
            object_id=reader.integer("object_id"),
            name=reader.text("name"),
            keypoints=keypoints,
            diameter=reader.positive("diameter"),
            box_size=reader.positive_triple("box_size"),
            box_center=(float(center[0]), float(center[1]), float(center[2])),
            upright_axis=reader.direction("upright_axis"),
            symmetries_discrete=reader.matrices("symmetries_discrete"),
            symmetries_continuous=tuple(map(_continuous, reader.readers("symmetries_continuous"))),
        )

    def to_json(self) -> dict[str, Json]:
        """Return the entry of `objects` in bundle.json."""
        return {
            "object_id": self.object_id,
            "name": self.name,
            "keypoints": np.asarray(self.keypoints).tolist(),
            "diameter": self.diameter,
            "box_size": list(self.box_size),
            "box_center": list(self.box_center),
            "upright_axis": list(self.upright_axis),
            "symmetries_discrete": np.asarray(self.symmetries_discrete).tolist(),
            "symmetries_continuous": [
                {"axis": list(s.axis), "offset": list(s.offset)} for s in self.symmetries_continuous
            ],
        }

    def box_corners(self) -> FloatArray:
        """Return the corners of the bounding box, (8, 3) metres; bits of the index are z, y, x."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        corners: FloatArray = np.array(self.box_center) + signs * np.array(self.box_size) / 2
        return corners


def _continuous(reader: Reader) -> ContinuousSymmetry:
    offset = reader.array("offset", (3,)).tolist()
    return ContinuousSymmetry(reader.direction("axis"), (offset[0], offset[1], offset[2]))
