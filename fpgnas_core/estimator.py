"""From an image to poses: first pass on the frame, second pass on a crop of each instance."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from fpgnas_core.arrays import ByteArray
from fpgnas_core.bundle import Bundle
from fpgnas_core.camera import Camera
from fpgnas_core.errors import ImageError
from fpgnas_core.imaging import whole_frame
from fpgnas_core.passes.candidate import Candidate
from fpgnas_core.passes.first_pass import FirstPass
from fpgnas_core.passes.perception import Perception
from fpgnas_core.passes.second_pass import SecondPass
from fpgnas_core.pose import Solver, fine_pose
from fpgnas_core.pose_estimate import PoseEstimate, distinct, numbered, surest
from fpgnas_core.stopwatch import Timings

_OTHER_ROLLS = (((180.0, 1.0),), ((90.0, 1.0), (-90.0, 1.0)))
"""Turns, degrees, and sizes of crops, tried one group after the other where an object's surest pose is not sure: the
first pass often takes one side of an object for another (`benchmarks/passes.py`: one crop against all)."""
_OTHER_SIZES = (((15.0, 0.85), (-15.0, 0.85), (15.0, 1.2), (-15.0, 1.2)),)
"""The same for the patient: what the network makes of slightly other crops differs enough for the outline to choose."""
_LIKELY = 0.5
"""Confidence of the first pass from which a candidate is looked at whatever else there is."""
_MOST_DOUBTFUL = 2
"""Candidates of each object that are less likely."""
_ROLL_SLACK_DEG = 30.0
"""By which rolls are off, or objects seen from above and off the middle of a frame lean."""
_SURE = 0.65
"""Confidence of a pose that needs no finer first pass, no other crop, and may be a second instance of an object."""


class PoseEstimator:
    """Estimates the poses of a bundle's objects, frame by frame. Not safe for several threads at once."""

    def __init__(
        self,
        bundle: Bundle,
        threads: int | None = None,
        confidence_threshold: float = 0.5,
        max_instances: int = 8,
        solve: Solver = fine_pose,
        patient: bool = False,
    ) -> None:
        """Open the bundle's network on `threads` CPU threads (None: all cores) or on a GPU if there is one.

        At most `max_instances` instances of each object are looked for in a frame. `confidence_threshold`,
        0 to 1, may be changed at any time. `solve` makes the second pass's poses of what its cells say. The `patient`
        look at unsure objects in more crops, as pays in single images; in a stream the next image is another look.
        Raises BundleError.
        """
        self.bundle = bundle
        self.max_instances = max_instances
        self._perception = Perception(bundle, threads, confidence_threshold)
        self._first_pass = FirstPass(self._perception)
        self._second_pass = SecondPass(self._perception, solve)
        self._other_crops = _OTHER_ROLLS + _OTHER_SIZES if patient else _OTHER_ROLLS

    @property
    def confidence_threshold(self) -> float:
        """Least confidence of a pose that is returned, 0 to 1."""
        return self._perception.confidence_threshold

    @confidence_threshold.setter
    def confidence_threshold(self, value: float) -> None:
        self._perception.confidence_threshold = value

    @property
    def execution_provider(self) -> str:
        """ONNX Runtime's name of what runs the network."""
        return self._perception.network.execution_provider

    @property
    def last_timings(self) -> Timings:
        """Where the time of the last frame went."""
        return self._perception.watch.timings()

    def warm_up(self, width: int, height: int) -> None:
        """Run both passes once as for frames of `width` x `height` pixels, so the first frame is not slow."""
        blank, size = np.zeros((height, width, 3), np.uint8), self.bundle.crop_size
        frames = [whole_frame(blank, first_pass_size)[0] for first_pass_size in self.bundle.first_pass_sizes]
        for image in (*frames, np.zeros((size, size, 3), np.uint8)):
            self._perception.run(self._perception.normaliser.batch([image]))

    def estimate(
        self,
        image_bgr: ByteArray,
        camera: Camera,
        previous: Sequence[PoseEstimate] = (),
        sought: Mapping[int, int] | None = None,
    ) -> list[PoseEstimate]:
        """Return the poses seen in an (H, W, 3) uint8 image of `camera`, the most confident first.

        `previous` are the poses of instances that are tracked: their reprojections give the crops and
        the first pass is skipped, unless one of them is lost. `sought` says of which objects, by BOP id,
        how many new instances are looked for at most; None: of any. Raises ImageError.
        """
        _check(image_bgr, camera)
        self._perception.watch.reset()
        tracked = [self._second_pass.candidate_at(pose, camera) for pose in previous]
        found = self._sure(self._second_pass.look(image_bgr, camera, [c for c in tracked if c is not None]))
        if not previous or len(found) < len(previous):
            new = self._new(image_bgr, camera, found, sought)
            found += _without_doubtful_doubles(found, new) if sought is None else surest(new, sought)
        return sorted(numbered(distinct(found)), key=lambda estimate: -estimate.confidence)

    def _new(
        self, image: ByteArray, camera: Camera, tracked: Sequence[PoseEstimate], sought: Mapping[int, int] | None
    ) -> list[PoseEstimate]:
        """Return instances beside those `tracked`; the frame is searched at the next size while one is not sure."""
        ids = [model.object_id for model in self.bundle.objects]
        wanted = {i for i in ids if sought is None or sought.get(i)}
        new: list[PoseEstimate | None] = []
        for size in self.bundle.first_pass_sizes:
            there = [*tracked, *(pose for pose in new if pose and pose.confidence >= _SURE)]
            seen = self._first_pass.candidates(image, camera, size, there, sought, self.max_instances)
            new += self._second_pass.looks(image, camera, [c for c in seen if c.confidence >= _LIKELY])
            # The others are looked at only where nothing better was found: each costs a pass.
            settled = _surely_seen([*tracked, *new])
            doubtful = [c for c in seen if c.confidence < _LIKELY and ids[c.object_index] not in settled]
            new += self._second_pass.looks(image, camera, _foremost(doubtful, _MOST_DOUBTFUL))
            if _surely_seen([*tracked, *new]) >= wanted:
                break
        return self._sure(self._with_other_crops(image, camera, self._with_other_starts(image, camera, new)))

    def _sure(self, poses: Iterable[PoseEstimate | None]) -> list[PoseEstimate]:
        return [pose for pose in poses if pose is not None and pose.confidence >= self.confidence_threshold]

    def _with_other_starts(
        self, image: ByteArray, camera: Camera, poses: Sequence[PoseEstimate | None]
    ) -> list[PoseEstimate | None]:
        """Return the poses; where an object's surest one is unsure, what a thorough look finds if that is surer."""
        best, places = list(poses), []
        for i, pose in _unsure(poses):
            there = self._second_pass.candidate_at(pose, camera)
            if there is not None and pose.object_id in self.bundle.viewpoints:
                places.append((i, there))
        anew = self._second_pass.look(image, camera, [there for _, there in places], thorough=True)
        for (i, _), found in zip(places, anew, strict=True):
            best[i] = max(best[i], found, key=_confidence)
        return best

    def _with_other_crops(
        self, image: ByteArray, camera: Camera, poses: Sequence[PoseEstimate | None]
    ) -> list[PoseEstimate | None]:
        """Return the poses; where an object's surest one is unsure, the surest of several crops in its place."""
        best = list(poses)
        for group in self._other_crops:
            others = [(i, there) for i, pose in _unsure(best) for there in self._others(camera, pose, group)]
            anew = self._second_pass.looks(image, camera, [there for _, there in others])
            for (i, _), pose in zip(others, anew, strict=True):
                best[i] = max(best[i], pose, key=_confidence)
        return best

    def _others(self, camera: Camera, pose: PoseEstimate, crops: Iterable[tuple[float, float]]) -> list[Candidate]:
        """Return where the pose is, turned and resized by each of `crops`, as far as objects are seen so rolled."""
        there = self._second_pass.candidate_at(pose, camera)
        if there is None:
            return []
        most = math.radians(self.bundle.most_roll_deg + _ROLL_SLACK_DEG)
        others = [there.varied(math.radians(turn), size) for turn, size in crops]
        return [other for other in others if abs(math.remainder(other.roll, 2 * math.pi)) <= most]


def _check(image: ByteArray, camera: Camera) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        msg = f"image: expected (height, width, 3) uint8 in BGR, got {image.shape} {image.dtype}"
        raise ImageError(msg)
    height, width = image.shape[:2]
    if (width, height) != (camera.width, camera.height):
        size = f"{camera.width}x{camera.height}"
        msg = f"image: expected the camera's {size}, got {width}x{height}; use the calibration of this size"
        raise ImageError(msg)


def _surely_seen(poses: Iterable[PoseEstimate | None]) -> set[int]:
    """Return the ids of objects of which one is surely seen."""
    return {pose.object_id for pose in poses if pose and pose.confidence >= _SURE}


def _unsure(poses: Sequence[PoseEstimate | None]) -> list[tuple[int, PoseEstimate]]:
    """Return the surest pose of each object that has no sure one, with its place."""
    seen = sorted(((i, pose) for i, pose in enumerate(poses) if pose), key=lambda place: place[1].confidence)
    surest_of_each = {pose.object_id: (i, pose) for i, pose in seen}
    return [(i, pose) for i, pose in surest_of_each.values() if pose.confidence < _SURE]


def _without_doubtful_doubles(found: Sequence[PoseEstimate], new: Sequence[PoseEstimate]) -> list[PoseEstimate]:
    """Return the new poses that are sure or the only ones of an object: an unsure second one is seldom real."""
    kept: list[PoseEstimate] = []
    for pose in sorted(new, key=_confidence, reverse=True):
        if pose.confidence >= _SURE or all(pose.object_id != other.object_id for other in (*found, *kept)):
            kept.append(pose)
    return kept


def _foremost(candidates: Iterable[Candidate], most: int) -> list[Candidate]:
    """Return the first ones of each object, at most so many."""
    counts: Counter[int] = Counter()
    kept = []
    for candidate in candidates:
        counts[candidate.object_index] += 1
        if counts[candidate.object_index] <= most:
            kept.append(candidate)
    return kept


def _confidence(pose: PoseEstimate | None) -> float:
    return 0.0 if pose is None else pose.confidence
