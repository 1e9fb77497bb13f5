"""From an image to poses: first pass on the frame, second pass on a crop of each instance, PnP, outline."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from fpgnas_core.arrays import ByteArray, Float32Array, FloatArray
from fpgnas_core.bundle import Bundle
from fpgnas_core.camera import Camera
from fpgnas_core.candidate import Candidate
from fpgnas_core.decode import CELL_CONFIDENCE, Votes, decode
from fpgnas_core.errors import ImageError
from fpgnas_core.imaging import CropBox, Normaliser, PixelMap, crop, whole_frame
from fpgnas_core.network import Grids, Network
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose import Solver, certainty, coarse_pose, fine_pose, outlined_pose
from fpgnas_core.pose_estimate import PoseEstimate, distinct, numbered, same_place, surest
from fpgnas_core.stopwatch import Stopwatch, Timings
from fpgnas_core.symmetry import covariance_about_axes, nearest_equivalent

_HALF_CERTAIN_FIRST, _HALF_CERTAIN = math.radians(100), math.radians(30)
"""A rotation known no better than this halves the confidence, of the first and of the second pass.

What is no instance of the object looks like it from nowhere: its votes disagree by their own account. Chosen so that
as many instances are found as without (demo recording and 100 renders), with half as many false ones."""
_OTHER_ROLLS = ((180.0,), (90.0, -90.0))
"""Turns, degrees, tried one group after the other where an object's surest pose is not sure: the first pass often takes
one side of an object for another (`benchmarks/passes.py`: one roll against all)."""
_LIKELY = 0.5
"""Confidence of the first pass from which a candidate is looked at whatever else there is."""
_MOST_DOUBTFUL = 2
"""Candidates of each object that are less likely."""
_ROLL_SLACK_DEG = 30.0
"""By which rolls are off, or objects seen from above and off the middle of a frame lean."""
_LOOKS_FOR_EACH = 3
"""Candidates for each instance that is sought: which of them is one is known better after a look than before."""
_SURE = 0.65
"""Confidence of a pose that needs no finer first pass and no other roll."""
_WORTH_A_LOOK = 0.25
"""Confidence from which a crop is taken, or taken anew: the next look says more than the last."""
_MOST_LOOKS = 3
"""Crops of an instance at first sight. A third is seldom needed where the first pass is good, and pays elsewhere."""


class PoseEstimator:
    """Estimates the poses of a bundle's objects, frame by frame. Not safe for several threads at once."""

    def __init__(
        self,
        bundle: Bundle,
        threads: int | None = None,
        confidence_threshold: float = 0.5,
        max_instances: int = 8,
        solve: Solver = fine_pose,
    ) -> None:
        """Open the bundle's network on `threads` CPU threads (None: all cores) or on a GPU if there is one.

        At most `max_instances` instances of all objects are looked for in a frame. `confidence_threshold`,
        0 to 1, may be changed at any time. `solve` makes the second pass's poses of what its cells say. Raises
        BundleError.
        """
        self.bundle = bundle
        self.confidence_threshold = confidence_threshold
        self.max_instances = max_instances
        self._solve = solve
        self._network = Network(bundle.model_path, threads)
        self._normaliser = Normaliser(bundle.mean, bundle.std)
        factors = np.sqrt(np.repeat(bundle.covariance_scales, 3))
        self._covariance_factors = np.outer(factors, factors)
        self._watch = Stopwatch()

    @property
    def execution_provider(self) -> str:
        """ONNX Runtime's name of what runs the network."""
        return self._network.execution_provider

    @property
    def last_timings(self) -> Timings:
        """Where the time of the last frame went."""
        return self._watch.timings()

    def warm_up(self, width: int, height: int) -> None:
        """Run both passes once as for frames of `width` x `height` pixels, so the first frame is not slow."""
        blank = np.zeros((height, width, 3), np.uint8)
        size = self.bundle.crop_size
        for first_pass_size in self.bundle.first_pass_sizes:
            first, _ = whole_frame(blank, first_pass_size)
            self._network.run(self._normaliser.batch([first]))
        self._network.run(self._normaliser.batch([np.zeros((size, size, 3), np.uint8)]))

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
        self._watch.reset()
        tracked = [self._tracked(camera, pose) for pose in previous]
        found = self._sure(self._second_pass(image_bgr, camera, [c for c in tracked if c is not None]))
        if not previous or len(found) < len(previous):
            new = self._new(image_bgr, camera, found, sought)
            found += new if sought is None else surest(new, sought)
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
            seen = self._first_pass(image, camera, size, there, sought)
            new += self._looks(image, camera, [c for c in seen if c.confidence >= _LIKELY])
            # The others are looked at only where nothing better was found: each costs a pass.
            settled = _surely_seen([*tracked, *new])
            doubtful = [c for c in seen if c.confidence < _LIKELY and ids[c.object_index] not in settled]
            new += self._looks(image, camera, _foremost(doubtful, _MOST_DOUBTFUL))
            if _surely_seen([*tracked, *new]) >= wanted:
                break
        return self._sure(self._with_other_rolls(image, camera, new))

    def _sure(self, poses: Iterable[PoseEstimate | None]) -> list[PoseEstimate]:
        return [pose for pose in poses if pose is not None and pose.confidence >= self.confidence_threshold]

    @property
    def _worth_a_look(self) -> float:
        return min(_WORTH_A_LOOK, self.confidence_threshold)

    def _tracked(self, camera: Camera, pose: PoseEstimate) -> Candidate | None:
        index = next(i for i, model in enumerate(self.bundle.objects) if model.object_id == pose.object_id)
        return Candidate.at(index, self.bundle.objects[index], pose.T_camera_object, camera, pose.instance)

    def _first_pass(
        self,
        image: ByteArray,
        camera: Camera,
        size: int,
        found: Sequence[PoseEstimate],
        sought: Mapping[int, int] | None,
    ) -> list[Candidate]:
        """Return the instances seen on the frame of `size` px, without those `found`, the most confident first."""
        with self._watch.preprocess:
            small, pixel_map = whole_frame(image, size)
            batch = self._normaliser.batch([small])
        grids = self._run(batch)
        with self._watch.decode:
            seen = self._decode(grids, 0)
        placed = [(votes, pixel_map.to_frame(votes.keypoints_px)) for votes in seen]
        new = [(votes, pixels) for votes, pixels in placed if not self._is_found(votes, pixels, found)]
        if sought is None:
            new, left = new[: self.max_instances], [self.max_instances] * len(self.bundle.objects)
        else:
            left = [_LOOKS_FOR_EACH * sought.get(model.object_id, 0) for model in self.bundle.objects]
        candidates: list[Candidate] = []
        for votes, pixels in new:
            if left[votes.object_index]:
                candidate = self._first_seen(votes, pixels, pixel_map, camera)
                if candidate is not None:
                    candidates.append(candidate)
                    left[votes.object_index] -= 1
        return candidates

    def _first_seen(self, votes: Votes, pixels: FloatArray, pixel_map: PixelMap, camera: Camera) -> Candidate | None:
        """Return where to look again, None if no pose explains the votes or hardly any would do."""
        model = self.bundle.objects[votes.object_index]
        with self._watch.pnp:
            coarse = coarse_pose(votes, model, pixel_map, camera)
        if coarse is None:
            return None
        confidence = votes.confidence * certainty(coarse, _HALF_CERTAIN_FIRST)
        if confidence < self._worth_a_look:
            return None
        return Candidate.first_seen(votes.object_index, model, pixels, coarse.T_camera_object, confidence)

    def _with_other_rolls(
        self, image: ByteArray, camera: Camera, poses: Sequence[PoseEstimate | None]
    ) -> list[PoseEstimate | None]:
        """Return the poses; where an object's surest one is unsure, the surest of several rolls in its place."""
        best = list(poses)
        for turns in _OTHER_ROLLS:
            seen = sorted(((i, pose) for i, pose in enumerate(best) if pose), key=lambda place: place[1].confidence)
            surest_of_each = {pose.object_id: (i, pose) for i, pose in seen}
            turned = [
                (i, there)
                for i, pose in surest_of_each.values()
                if pose.confidence < _SURE
                for there in self._turned(camera, pose, turns)
            ]
            anew = self._looks(image, camera, [there for _, there in turned])
            for (i, _), pose in zip(turned, anew, strict=True):
                best[i] = max(best[i], pose, key=_confidence)
        return best

    def _turned(self, camera: Camera, pose: PoseEstimate, turns: Iterable[float]) -> list[Candidate]:
        """Return where the pose is, rolled by each of `turns`, degrees, as far as objects are seen so rolled."""
        there = self._tracked(camera, pose)
        rolls = [] if there is None else [there.roll + math.radians(turn) for turn in turns]
        most = math.radians(self.bundle.most_roll_deg + _ROLL_SLACK_DEG)
        return [replace(there, roll=roll) for roll in rolls if there and abs(math.remainder(roll, 2 * math.pi)) <= most]

    def _looks(self, image: ByteArray, camera: Camera, candidates: Sequence[Candidate]) -> list[PoseEstimate | None]:
        """Return the pose of each candidate, None where it is not seen; a crop taken far off is taken anew."""
        poses: list[PoseEstimate | None] = [None] * len(candidates)
        left = dict(enumerate(candidates))
        for _ in range(_MOST_LOOKS):
            taken, left = left, {}
            seen = self._second_pass(image, camera, list(taken.values()))
            for (i, there), pose in zip(taken.items(), seen, strict=True):
                poses[i] = pose
                found = pose and self._tracked(camera, pose)
                if found and there.is_off(found):
                    left[i] = found
        return poses

    def _second_pass(
        self, image: ByteArray, camera: Camera, candidates: Sequence[Candidate]
    ) -> list[PoseEstimate | None]:
        """Return the pose of each candidate as its crop shows it, None where it is not seen."""
        poses: list[PoseEstimate | None] = [None] * len(candidates)
        size, fill = self.bundle.crop_size, self.bundle.crop_fill
        with self._watch.preprocess:
            boxes = [CropBox.around(c.keypoints_px, fill, max(image.shape[:2]), c.roll) for c in candidates]
            places = [i for i, box in enumerate(boxes) if box.overlaps(camera.width, camera.height)]
            if not places:
                return poses
            crops = [crop(image, boxes[i], size, self._normaliser.fill_bgr) for i in places]
            batch = self._normaliser.batch([part for part, _ in crops])
        grids = self._run(batch)
        for row, (i, (part, pixel_map)) in enumerate(zip(places, crops, strict=True)):
            poses[i] = self._pose(grids, row, candidates[i], part, pixel_map, camera)
        return poses

    def _run(self, batch: Float32Array) -> Grids:
        with self._watch.network:
            return self._network.run(batch)

    def _decode(self, grids: Grids, index: int, objects: slice = slice(None)) -> list[Votes]:
        return decode(
            grids.class_logits[index, objects],
            grids.keypoint_offsets[index],
            grids.keypoint_log_scales[index],
            grids.surface_coordinates[index],
            grids.surface_log_scales[index],
            grids.log_sizes[index],
            grids.size_log_scales[index],
            self.bundle.stride,
            min(CELL_CONFIDENCE, self.confidence_threshold),
        )

    def _pose(
        self,
        grids: Grids,
        index: int,
        candidate: Candidate,
        part: ByteArray,
        pixel_map: PixelMap,
        camera: Camera,
    ) -> PoseEstimate | None:
        """Return the pose of the candidate from its crop, None if it is not seen there."""
        chosen, model = candidate.object_index, self.bundle.objects[candidate.object_index]
        with self._watch.decode:
            seen = self._decode(grids, index, slice(chosen, chosen + 1))
            if not seen:
                return None
            votes = max(seen, key=lambda votes: _centrality(votes, self.bundle.crop_size))
        with self._watch.pnp:
            solution = self._solve(votes, model, self.bundle.stride, pixel_map, camera)
            confidence = 0.0 if solution is None else votes.confidence * certainty(solution, _HALF_CERTAIN)
            if solution is None or confidence < self._worth_a_look:
                return None
        viewpoints = self.bundle.viewpoints.get(model.object_id)
        if viewpoints is not None and confidence >= self.confidence_threshold:  # an outline makes no pose surer
            with self._watch.outline:
                solution, contrast = outlined_pose(
                    solution, votes, model, viewpoints, self.bundle.stride, part, pixel_map, camera
                )
            confidence *= (1 + contrast) / 2
        pose = _equivalent(solution.T_camera_object, candidate.T_reference, model)
        return PoseEstimate(
            object_id=model.object_id,
            name=model.name,
            T_camera_object=pose,
            covariance=self._calibrated(solution.covariance, pose, model),
            confidence=confidence,
            keypoints_px=pixel_map.to_frame(votes.keypoints_px),
            reprojection_rms_px=solution.reprojection_rms_px,
            instance=candidate.instance,
        )

    def _calibrated(self, covariance: FloatArray, pose: FloatArray, model: ObjectModel) -> FloatArray:
        """Scale by the bundle's factors, and leave the angle about continuous axes unknown."""
        return covariance_about_axes(covariance * self._covariance_factors, pose, model.symmetries_continuous)

    def _is_found(self, votes: Votes, keypoints_px: FloatArray, found: Sequence[PoseEstimate]) -> bool:
        name = self.bundle.objects[votes.object_index].name
        return any(name == f.name and same_place(keypoints_px, f.keypoints_px) for f in found)


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


def _centrality(votes: Votes, size: int) -> float:
    """Rate an instance in a crop: much support, near the middle."""
    x, y = votes.keypoints_px[0].tolist()
    away = math.hypot(x - (size - 1) / 2, y - (size - 1) / 2) / (size / 4)
    return len(votes.cells) * votes.confidence * math.exp(-0.5 * away**2)


def _equivalent(pose: FloatArray, reference: FloatArray, model: ObjectModel) -> FloatArray:
    return nearest_equivalent(pose, reference, model.symmetries_discrete, model.symmetries_continuous)
