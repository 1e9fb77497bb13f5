"""Tracks of all instances: each keeps its number from frame to frame and through short occlusions."""

from collections.abc import Sequence
from dataclasses import dataclass

from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.tracking.association import assign, costs_of
from fpgnas_core.tracking.pose_filter import FilterSettings
from fpgnas_core.tracking.track import Track


@dataclass(frozen=True)
class TrackerSettings(FilterSettings):
    """What the tracker believes in; `max_gap_s` is also how long an unseen instance keeps its number."""

    smooth: bool = False
    """Whether filtered poses are returned; the filter always says where an instance is expected."""


class Tracker:
    """Numbers the instances of a bundle's objects, each object's from 0. Not safe for several threads at once."""

    def __init__(self, objects: Sequence[ObjectModel], settings: TrackerSettings | None = None) -> None:
        """Start without tracks; `settings` may be changed at any time."""
        self.settings = settings if settings is not None else TrackerSettings()
        self._models = {model.object_id: model for model in objects}
        self._tracks: dict[int, list[Track]] = {object_id: [] for object_id in self._models}
        self._stamp_s = float("-inf")

    def __len__(self) -> int:
        """Return the number of instances that have a number, seen or not."""
        return sum(map(len, self._tracks.values()))

    def reset(self) -> None:
        """Forget all instances."""
        self._tracks = {object_id: [] for object_id in self._models}
        self._stamp_s = float("-inf")

    def expected(self, stamp_s: float) -> list[PoseEstimate]:
        """Return where all instances are expected at the next frame's stamp, seconds: `previous` of the estimator.

        Instances that are not seen at the moment are among them, so that the estimator looks for them.
        Forgets those that were not seen for too long, and all where time jumped back.
        """
        self._advance(stamp_s)
        found = [track.expected(stamp_s, self.settings) for tracks in self._tracks.values() for track in tracks]
        return [estimate for estimate in found if estimate is not None]

    def update(self, stamp_s: float, estimates: Sequence[PoseEstimate]) -> list[PoseEstimate]:
        """Return a frame's estimates, in their order, with stable numbers and filtered if that is asked for.

        `stamp_s`: of the image, seconds. An instance that has none gets the lowest free number of its object.
        A stamp before the last one forgets all instances.
        """
        self._advance(stamp_s)
        numbered = list(estimates)
        for object_id, tracks in self._tracks.items():
            places = [i for i, estimate in enumerate(estimates) if estimate.object_id == object_id]
            own = [estimates[place] for place in places]
            for place, track in zip(places, self._tracks_of(stamp_s, own, object_id), strict=True):
                numbered[place] = track.update(stamp_s, estimates[place], self.settings, self.settings.smooth)
            tracks.sort(key=lambda track: track.instance)
        return numbered

    def _advance(self, stamp_s: float) -> None:
        if stamp_s < self._stamp_s:
            self.reset()
        self._stamp_s = stamp_s
        for tracks in self._tracks.values():
            tracks[:] = [track for track in tracks if stamp_s - track.seen_at <= self.settings.max_gap_s]

    def _tracks_of(self, stamp_s: float, estimates: Sequence[PoseEstimate], object_id: int) -> list[Track]:
        """Return the track of each of one object's estimates, new ones where none fits."""
        model, tracks = self._models[object_id], self._tracks[object_id]
        costs = costs_of([track.places(stamp_s, self.settings) for track in tracks], estimates, model)
        matched = {column: tracks[row] for row, column in assign(costs)}
        for column in range(len(estimates)):
            if column not in matched:
                used = {track.instance for track in tracks}
                number = next(i for i in range(len(tracks) + 1) if i not in used)
                matched[column] = Track(model, number)
                tracks.append(matched[column])
        return [matched[column] for column in range(len(estimates))]
