"""The objects that are evaluated: what a bundle says of them, and the points that errors are averaged over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fpgnas_core.arrays import FloatArray
from fpgnas_core.bundle import Bundle
from fpgnas_core.metrics import BOP_SYMMETRY_STEPS
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.symmetry import symmetry_transforms
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.ply_points import read_ply_points

METRES_PER_MM = 0.001


@dataclass(frozen=True, eq=False)
class EvaluatedObject:
    """One object."""

    model: ObjectModel
    points: FloatArray
    """(P, 3), metres, object frame: the vertices of the mesh as BOP takes them, or else the keypoints."""

    @property
    def is_symmetric(self) -> bool:
        """Whether some other pose looks the same."""
        return len(self.model.symmetries_discrete) > 0 or len(self.model.symmetries_continuous) > 0

    @cached_property
    def symmetries(self) -> FloatArray:
        """(S, 4, 4) of the object frame, metres, the identity first, as BOP counts them."""
        return symmetry_transforms(self.model.symmetries_discrete, self.model.symmetries_continuous, BOP_SYMMETRY_STEPS)


def evaluated_objects(bundle: Bundle, meshes: Sequence[Source], findings: Findings) -> dict[int, EvaluatedObject]:
    """Every object of the bundle by its id. meshes: PLY files in millimetres. Raises PlyError, EvaluationError."""
    models = {model.name: model for model in bundle.objects}
    files = {source.object_in(models).object_id: Path(source.place).expanduser() for source in meshes}
    objects = {}
    for model in bundle.objects:
        if model.object_id in files:
            points = METRES_PER_MM * read_ply_points(files[model.object_id])
        else:
            points = model.keypoints
            findings.add("keypoints_for_mesh", f"{model.name}; name its mesh with --mesh")
        objects[model.object_id] = EvaluatedObject(model, points)
    return objects
