"""One instance followed through the frames."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fpgnas_core.arrays import FloatArray
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.symmetry import ContinuousSymmetry, covariance_about_axes, nearest_equivalent
from fpgnas_core.tracking.association import Place
from fpgnas_core.tracking.motion import POSE
from fpgnas_core.tracking.pose_filter import FilterSettings, PoseFilter

_CHOSEN_TURN = 0.02  # radians: nearly known, for it is our choice, yet not singular


class Track:
    """An instance with its number, its last estimate and the filter of its motion."""

    def __init__(self, model: ObjectModel, instance: int) -> None:
        """Start a track of an instance of `model` that was not seen yet."""
        self.instance = instance
        self.seen_at = 0.0
        """When it was seen last, seconds."""
        self._model = model
        self._filter = PoseFilter()
        self._last: PoseEstimate | None = None
        self._seen_place: list[Place] = []

    def expected(self, stamp_s: float, settings: FilterSettings) -> PoseEstimate | None:
        """Return the last estimate, moved to where it is expected at a moment, None where nothing is known."""
        state = self._filter.at(stamp_s, settings)
        return replace(self._last, T_camera_object=state.T_camera_object) if self._last and state else None

    def places(self, stamp_s: float, settings: FilterSettings) -> list[Place]:
        """Return where it may be at a moment: where it moves to, or, if that is wrong, where it was seen last."""
        state = self._filter.at(stamp_s, settings)
        moved = [Place(state.T_camera_object, state.covariance[:3, :3])] if state else []
        return [*moved, *self._seen_place]

    def update(self, stamp_s: float, estimate: PoseEstimate, settings: FilterSettings, smooth: bool) -> PoseEstimate:
        """Return the `estimate` of a moment, seconds, with the track's number, and filtered where it is to `smooth`.

        Of poses that are equal by symmetry it is the one nearest to where the motion leads, so none flips, and
        outliers do not turn over those that follow them.
        """
        axes, pose = self._model.symmetries_continuous, estimate.T_camera_object
        before = self._filter.at(stamp_s, settings)
        if before is not None:
            pose = nearest_equivalent(pose, before.T_camera_object, self._model.symmetries_discrete, axes)
        self._seen_place = [Place(pose, estimate.covariance[:3, :3])]
        chosen = covariance_of_chosen_turns(estimate.covariance, pose, axes)
        state = self._filter.update(stamp_s, pose, chosen, settings)
        covariance = estimate.covariance
        if smooth:
            pose = state.T_camera_object
            covariance = covariance_about_axes(state.covariance[POSE, POSE], pose, axes)
        self.seen_at = stamp_s
        self._last = replace(estimate, instance=self.instance, T_camera_object=pose, covariance=covariance)
        return self._last


def covariance_of_chosen_turns(
    covariance: FloatArray, T_camera_object: FloatArray, continuous: Sequence[ContinuousSymmetry]
) -> FloatArray:
    """Return the (6, 6) covariance of a pose whose turn about each continuous axis was chosen, so is known.

    `covariance_about_axes` leaves that turn unknown, which is the truth and no use to a filter: its uncertainty
    would grow without end. This is the covariance given the turn (the update of a Kalman filter by one number).
    """
    result = covariance
    for symmetry in continuous:
        axis = np.r_[np.zeros(3), T_camera_object[:3, :3] @ symmetry.unit_axis]
        shared = result @ axis
        result = result - np.outer(shared, shared) / (axis @ shared + _CHOSEN_TURN**2)
    return result
