"""The objects that are evaluated: what a bundle says of them, and the points that errors are averaged over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from fpgnas_core.arrays import FloatArray, IntArray
from fpgnas_core.metrics import BOP_SYMMETRY_STEPS, ModelPoints
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.symmetry import symmetry_transforms
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.ply_points import read_ply_points, read_ply_triangles

METRES_PER_MM = 0.001


@dataclass(frozen=True, eq=False)
class EvaluatedObject:
    """One object."""

    model: ObjectModel
    points: FloatArray
    """(P, 3), metres, object frame: the vertices of the mesh as BOP takes them, or else the keypoints."""
    triangles: IntArray
    """(F, 3) indices of points, for drawing; maybe none."""

    @property
    def is_symmetric(self) -> bool:
        """Whether some other pose looks the same."""
        return len(self.model.symmetries_discrete) > 0 or len(self.model.symmetries_continuous) > 0

    @cached_property
    def scored(self) -> ModelPoints:
        """The points with their symmetries as BOP counts them, prepared for the errors of many poses."""
        model = self.model
        turns = symmetry_transforms(model.symmetries_discrete, model.symmetries_continuous, BOP_SYMMETRY_STEPS)
        return ModelPoints(self.points, turns)


def evaluated_objects(
    models: Sequence[ObjectModel], meshes: Sequence[Source], findings: Findings
) -> dict[int, EvaluatedObject]:
    """Every object by its id. meshes: PLY files in millimetres, the last one of an object counts.

    Raises PlyError, EvaluationError.
    """
    named = {model.name: model for model in models}
    files = {source.object_in(named).object_id: Path(source.place).expanduser() for source in meshes}
    objects = {}
    for model in models:
        file = files.get(model.object_id)
        if file is None:
            findings.add("keypoints_for_mesh", f"{model.name}; name its mesh with --mesh")
            objects[model.object_id] = EvaluatedObject(model, model.keypoints, np.zeros((0, 3), np.int64))
        else:
            points = METRES_PER_MM * read_ply_points(file)
            objects[model.object_id] = EvaluatedObject(model, points, read_ply_triangles(file))
    return objects
