"""Scores of one image: which estimate belongs to which annotated object, and how far off it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fpgnas_core.metrics import add_or_adi, adi, projection_error_px, rotation_error_deg, translation_error
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.symmetry import nearest_equivalent
from training.data.models import DatasetModel
from training.data.sample import Annotation, Sample


@dataclass(frozen=True, eq=False)
class ScoredModel:
    """A data set's object with the points that ADD averages over."""

    model: DatasetModel
    points: NDArray[np.float64]
    """(P, 3), distinct vertices of the mesh, metres, object frame."""

    @classmethod
    def load(cls, model: DatasetModel) -> ScoredModel:
        """Read the mesh. Raises MeshError."""
        return cls(model, np.unique(model.load_mesh().vertices.astype(np.float64), axis=0))


@dataclass(frozen=True, eq=False)
class ObjectScore:
    """One annotated object and what was made of it; all errors are infinite where it was missed."""

    sample: Sample
    annotation: Annotation
    diameter: float
    """Metres."""
    estimate: PoseEstimate | None
    add: float = math.inf
    """ADD, or ADI of a symmetric object, metres."""
    rotation_error_deg: float = math.inf
    """Degrees, to the nearest equivalent pose."""
    translation_error: float = math.inf
    """Metres, to the nearest equivalent pose."""
    adi: float = math.inf
    """ADI (ADD-S), metres."""
    projection_error_px: float = math.inf
    """Average distance of projected points, to the nearest equivalent pose, pixels."""

    @property
    def relative_add(self) -> float:
        """ADD (or ADI) in diameters."""
        return self.add / self.diameter

    @property
    def distance(self) -> float:
        """From the camera to the object's origin, metres."""
        return float(np.linalg.norm(self.annotation.T_camera_object[:3, 3]))


def score_image(sample: Sample, estimates: Sequence[PoseEstimate], models: dict[int, ScoredModel]) -> list[ObjectScore]:
    """One score for each annotated object of `sample` that is in `models`.

    Of an object with n annotated instances the n most confident estimates count (BOP's SiSo and ViVo tasks),
    assigned so that their errors sum to the least.
    """
    scores = []
    for object_id in sorted({annotation.object_id for annotation in sample.annotations} & models.keys()):
        annotations = [a for a in sample.annotations if a.object_id == object_id]
        found = [estimate for estimate in estimates if estimate.object_id == object_id]
        found = sorted(found, key=lambda estimate: -estimate.confidence)[: len(annotations)]
        scores += _assign(sample, annotations, found, models[object_id])
    return scores


def _assign(
    sample: Sample, annotations: list[Annotation], found: list[PoseEstimate], model: ScoredModel
) -> list[ObjectScore]:
    scored = [[_score(sample, annotation, estimate, model) for estimate in found] for annotation in annotations]
    costs = np.array([[score.add for score in row] for row in scored]).reshape(len(annotations), len(found))
    rows, columns = linear_sum_assignment(costs)
    pairs = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    missed = [ObjectScore(sample, annotation, model.model.diameter, None) for annotation in annotations]
    return [scored[i][pairs[i]] if i in pairs else missed[i] for i in range(len(annotations))]


def _score(sample: Sample, annotation: Annotation, estimate: PoseEstimate, scored: ScoredModel) -> ObjectScore:
    model, T_true = scored.model, annotation.T_camera_object
    pose = nearest_equivalent(estimate.T_camera_object, T_true, model.symmetries_discrete, model.symmetries_continuous)
    return ObjectScore(
        sample,
        annotation,
        model.diameter,
        estimate,
        add_or_adi(estimate.T_camera_object, T_true, scored.points, model.is_symmetric),
        rotation_error_deg(pose[:3, :3], T_true[:3, :3]),
        translation_error(pose[:3, 3], T_true[:3, 3]),
        adi(estimate.T_camera_object, T_true, scored.points),
        projection_error_px(pose, T_true, scored.points, sample.camera),
    )
