"""Which estimate belongs to which true instance, and how far off it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from fpgnas_core.arrays import FloatArray
from fpgnas_core.metrics import BOP_REFERENCE_WIDTH, rotation_error_deg, translation_error
from fpgnas_core.symmetry import nearest_equivalent
from fpgnas_ros.bag_evaluation.data import Answer, Estimate, Frame, TrueInstance
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject

DETECTED_WITHIN_DIAMETERS = 1.0
"""An instance is detected where its estimate's origin is at most this far from the true one."""


@dataclass(frozen=True, eq=False, slots=True)
class InstanceScore:
    """One true instance and what was made of it; errors are infinite where it was missed.

    Pixels are NaN where the recording has no camera.
    """

    object_id: int
    T_true: FloatArray
    visible_fraction: float | None
    estimate: Estimate | None = None
    add: float = math.inf
    """Metres."""
    adi: float = math.inf
    """ADD-S, metres."""
    rotation_deg: float = math.inf
    """To the nearest equivalent pose, degrees."""
    translation: float = math.inf
    """To the nearest equivalent pose, metres."""
    projection_px: float = math.inf
    """Mean distance of projected points, pixels."""
    mssd: float = math.inf
    """Metres."""
    mspd_px: float = math.inf
    """Pixels of an image 640 wide."""
    add_or_adi: float = math.inf
    """ADI of a symmetric object, ADD of another, metres."""
    is_detected: bool = False

    @property
    def distance(self) -> float:
        """From the camera to the object's origin, metres."""
        return float(np.linalg.norm(self.T_true[:3, 3]))

    @property
    def view_angle_deg(self) -> float:
        """Between the object's z axis and the line of sight to the camera, degrees; 0 is seen from above."""
        to_camera = -self.T_true[:3, 3] / max(self.distance, 1e-9)
        return math.degrees(math.acos(float(np.clip(self.T_true[:3, 2] @ to_camera, -1, 1))))


@dataclass(frozen=True, eq=False, slots=True)
class FrameScore:
    """One frame: the scores of its true instances and the estimates that fit none."""

    frame: Frame
    answer: Answer | None
    """None where there is no message for this frame."""
    has_truth: bool
    """Whether it is known what the frame shows; otherwise it counts nowhere."""
    instances: tuple[InstanceScore, ...] = ()
    spurious: tuple[Estimate, ...] = ()
    """Estimates that no true instance is detected by, in frames whose truth is known."""


def score_frame(
    frame: Frame,
    answer: Answer | None,
    truth: Sequence[TrueInstance] | None,
    objects: Mapping[int, EvaluatedObject],
) -> FrameScore:
    """Of each object with n true instances the n most confident estimates count (BOP's SiSo and ViVo tasks)."""
    if truth is None:
        return FrameScore(frame, answer, False)
    estimates = answer.estimates if answer is not None else ()
    instances: list[InstanceScore] = []
    for object_id in sorted({instance.object_id for instance in truth}):
        wanted = [instance for instance in truth if instance.object_id == object_id]
        found = [estimate for estimate in estimates if estimate.object_id == object_id]
        best = sorted(found, key=lambda estimate: -estimate.confidence)[: len(wanted)]
        instances += _assigned(frame, wanted, best, objects[object_id])
    used = {id(score.estimate) for score in instances if score.is_detected}
    spurious = tuple(estimate for estimate in estimates if id(estimate) not in used)
    return FrameScore(frame, answer, True, tuple(instances), spurious)


def _assigned(
    frame: Frame, wanted: list[TrueInstance], found: list[Estimate], scored: EvaluatedObject
) -> list[InstanceScore]:
    """So that the errors sum to the least."""
    scores = [[_score(frame, instance, estimate, scored) for estimate in found] for instance in wanted]
    costs = np.array([[score.add_or_adi for score in row] for row in scores]).reshape(len(wanted), len(found))
    pairs = dict(zip(*(indices.tolist() for indices in linear_sum_assignment(costs)), strict=True))
    missed = [InstanceScore(w.object_id, w.T_camera_object, w.visible_fraction) for w in wanted]
    return [scores[i][pairs[i]] if i in pairs else missed[i] for i in range(len(wanted))]


def _score(frame: Frame, instance: TrueInstance, estimate: Estimate, scored: EvaluatedObject) -> InstanceScore:
    model, T_true, T_estimated = scored.model, instance.T_camera_object, estimate.T_camera_object
    pose = nearest_equivalent(T_estimated, T_true, model.symmetries_discrete, model.symmetries_continuous)
    offset = translation_error(pose[:3, 3], T_true[:3, 3])
    errors = scored.scored.errors(T_estimated, T_true, pose, frame.camera)
    return InstanceScore(
        instance.object_id,
        T_true,
        instance.visible_fraction,
        estimate,
        add=errors.add,
        adi=errors.adi,
        rotation_deg=rotation_error_deg(pose[:3, :3], T_true[:3, :3]),
        translation=offset,
        projection_px=errors.projection_px,
        mssd=errors.mssd,
        mspd_px=errors.mspd_px if frame.camera is None else errors.mspd_px * BOP_REFERENCE_WIDTH / frame.camera.width,
        add_or_adi=errors.adi if scored.is_symmetric else errors.add,
        is_detected=offset <= DETECTED_WITHIN_DIAMETERS * model.diameter,
    )
