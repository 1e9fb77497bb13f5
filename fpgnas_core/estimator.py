"""From an image to poses: first pass on the frame, second pass on a crop of each instance, PnP, outline."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fpgnas_core.arrays import ByteArray, Float32Array, FloatArray
from fpgnas_core.bundle import Bundle
from fpgnas_core.camera import Camera
from fpgnas_core.decode import CELL_CONFIDENCE, Votes, decode
from fpgnas_core.errors import ImageError
from fpgnas_core.imaging import CropBox, Normaliser, PixelMap, crop, whole_frame
from fpgnas_core.network import Grids, Network
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose import Solver, certainty, coarse_pose, fine_pose, outlined_pose
from fpgnas_core.se3 import transform_points
from fpgnas_core.second_look import is_misplaced
from fpgnas_core.stopwatch import Stopwatch, Timings
from fpgnas_core.symmetry import covariance_about_axes, nearest_equivalent
from fpgnas_core.upright import upright_roll

_HALF_CERTAIN_FIRST, _HALF_CERTAIN = math.radians(100), math.radians(30)
"""A rotation known no better than this halves the confidence, of the first and of the second pass.

What is no instance of the object looks like it from nowhere: its votes disagree by their own account. Chosen so that
as many instances are found as without (demo recording and 100 renders), with half as many false ones."""
_WORTH_A_LOOK = 0.25
"""Confidence from which a crop is taken, or taken anew: the next look says more than the last."""
_MOST_LOOKS = 3
"""Crops of an instance at first sight. A third is seldom needed where the first pass is good (no change on 400 renders
of the demo object), and pays where it is not: 8.3 / 10.0 / 9.7 to 8.7 / 11.3 / 9.7 % on the satellite's three sets."""


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    """The pose of one instance."""

    object_id: int
    """BOP id."""
    name: str
    """The object's name in the bundle."""
    T_camera_object: FloatArray
    """(4, 4), metres."""
    covariance: FloatArray
    """(6, 6) of t + dt and Exp(dtheta) R in camera axes, order x y z (m), rotations (rad)."""
    confidence: float
    """0 to 1: how surely the cells see the object, times how well they know its rotation, and up to half less where
    colours do not change at the outline of the pose found."""
    keypoints_px: FloatArray
    """(n_keypoints, 2), where the network saw the keypoints, pixels of the frame."""
    reprojection_rms_px: float
    """Root mean square distance of those from the pose's projections, pixels of the frame."""
    instance: int
    """Number of this instance among those of its object, from 0; a tracked one keeps its number."""


@dataclass(frozen=True, eq=False)
class _Candidate:
    """Where to look for an instance, and what is known of it."""

    object_index: int
    keypoints_px: FloatArray
    roll: float
    T_reference: FloatArray
    instance: int | None


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
        first, _ = whole_frame(blank, self.bundle.first_pass_size)
        size = self.bundle.crop_size
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
        found = self._sure(pose for _, pose in self._second_pass(image_bgr, camera, self._tracked(camera, previous)))
        if not previous or len(found) < len(previous):
            seen = self._first_pass(image_bgr, camera, found, sought)
            found += self._sure(self._at_first_sight(image_bgr, camera, seen))
        distinct = _distinct(found)
        return sorted(_numbered(distinct), key=lambda estimate: -estimate.confidence)

    def _sure(self, poses: Iterable[PoseEstimate]) -> list[PoseEstimate]:
        return [pose for pose in poses if pose.confidence >= self.confidence_threshold]

    @property
    def _worth_a_look(self) -> float:
        return min(_WORTH_A_LOOK, self.confidence_threshold)

    def _tracked(self, camera: Camera, previous: Sequence[PoseEstimate]) -> list[_Candidate]:
        indices = {model.object_id: index for index, model in enumerate(self.bundle.objects)}
        tracked = []
        for pose in previous:
            model = self.bundle.objects[indices[pose.object_id]]
            points = transform_points(pose.T_camera_object, model.keypoints)
            if points[:, 2].min() > 0:
                index, pixels = indices[pose.object_id], camera.project(points)
                roll = _upright_roll(pose.T_camera_object, model)
                tracked.append(_Candidate(index, pixels, roll, pose.T_camera_object, pose.instance))
        return tracked

    def _first_pass(
        self, image: ByteArray, camera: Camera, found: Sequence[PoseEstimate], sought: Mapping[int, int] | None
    ) -> list[_Candidate]:
        """Return the instances seen on the whole frame, without those `found`, the most confident first."""
        with self._watch.preprocess:
            small, pixel_map = whole_frame(image, self.bundle.first_pass_size)
            batch = self._normaliser.batch([small])
        grids = self._run(batch)
        with self._watch.decode:
            seen = self._decode(grids, 0)
        placed = [(votes, pixel_map.to_frame(votes.keypoints_px)) for votes in seen]
        new = [(votes, pixels) for votes, pixels in placed if not self._is_found(votes, pixels, found)]
        if sought is None:
            new = new[: self.max_instances]
        left = [self.max_instances if sought is None else sought.get(m.object_id, 0) for m in self.bundle.objects]
        candidates: list[_Candidate] = []
        for votes, pixels in new:
            if left[votes.object_index] and len(candidates) < self.max_instances:
                candidate = self._first_seen(votes, pixels, pixel_map, camera)
                if candidate is not None:
                    candidates.append(candidate)
                    left[votes.object_index] -= 1
        return candidates

    def _first_seen(self, votes: Votes, pixels: FloatArray, pixel_map: PixelMap, camera: Camera) -> _Candidate | None:
        """Return where to look again, None if no pose explains the votes or hardly any would do."""
        model = self.bundle.objects[votes.object_index]
        with self._watch.pnp:
            coarse = coarse_pose(votes, model, pixel_map, camera)
        if coarse is None or votes.confidence * certainty(coarse, _HALF_CERTAIN_FIRST) < self._worth_a_look:
            return None
        roll = _upright_roll(coarse.T_camera_object, model)
        # At first sight the equivalent pose nearest the camera's own axes is the canonical one.
        return _Candidate(votes.object_index, pixels, roll, np.eye(4), None)

    def _at_first_sight(self, image: ByteArray, camera: Camera, candidates: Sequence[_Candidate]) -> list[PoseEstimate]:
        """Return the poses of what the first pass found; a crop that was taken far off is taken anew."""
        fitting: list[PoseEstimate] = []
        for looks_left in reversed(range(_MOST_LOOKS)):
            misplaced: list[_Candidate] = []
            for taken, pose in self._second_pass(image, camera, candidates):
                (found,) = self._tracked(camera, [pose]) or [taken]
                off = is_misplaced(taken.keypoints_px, taken.roll, found.keypoints_px, found.roll)
                if off and looks_left:
                    misplaced.append(found)
                else:
                    fitting.append(pose)
            candidates = misplaced
        return fitting

    def _second_pass(
        self, image: ByteArray, camera: Camera, candidates: Sequence[_Candidate]
    ) -> list[tuple[_Candidate, PoseEstimate]]:
        """Return those candidates that are seen in their crops, with their poses."""
        size, fill = self.bundle.crop_size, self.bundle.crop_fill
        with self._watch.preprocess:
            boxes = [CropBox.around(c.keypoints_px, fill, max(image.shape[:2]), c.roll) for c in candidates]
            looked_at = [
                (candidate, *crop(image, box, size, self._normaliser.fill_bgr))
                for candidate, box in zip(candidates, boxes, strict=True)
                if box.overlaps(camera.width, camera.height)
            ]
            if not looked_at:
                return []
            batch = self._normaliser.batch([part for _, part, _ in looked_at])
        grids = self._run(batch)
        poses = [(c, self._pose(grids, i, c, part, m, camera)) for i, (c, part, m) in enumerate(looked_at)]
        return [(candidate, pose) for candidate, pose in poses if pose is not None]

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
        candidate: _Candidate,
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
        if viewpoints is not None:
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
            instance=-1 if candidate.instance is None else candidate.instance,
        )

    def _calibrated(self, covariance: FloatArray, pose: FloatArray, model: ObjectModel) -> FloatArray:
        """Scale by the bundle's factors, and leave the angle about continuous axes unknown."""
        return covariance_about_axes(covariance * self._covariance_factors, pose, model.symmetries_continuous)

    def _is_found(self, votes: Votes, keypoints_px: FloatArray, found: Sequence[PoseEstimate]) -> bool:
        name = self.bundle.objects[votes.object_index].name
        return any(name == f.name and _same_place(keypoints_px, f.keypoints_px) for f in found)


def _check(image: ByteArray, camera: Camera) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        msg = f"image: expected (height, width, 3) uint8 in BGR, got {image.shape} {image.dtype}"
        raise ImageError(msg)
    height, width = image.shape[:2]
    if (width, height) != (camera.width, camera.height):
        size = f"{camera.width}x{camera.height}"
        msg = f"image: expected the camera's {size}, got {width}x{height}; use the calibration of this size"
        raise ImageError(msg)


def _centrality(votes: Votes, size: int) -> float:
    """Rate an instance in a crop: much support, near the middle."""
    x, y = votes.keypoints_px[0].tolist()
    away = math.hypot(x - (size - 1) / 2, y - (size - 1) / 2) / (size / 4)
    return len(votes.cells) * votes.confidence * math.exp(-0.5 * away**2)


def _upright_roll(pose: FloatArray, model: ObjectModel) -> float:
    center = transform_points(pose, model.keypoints[:1])[0]
    return upright_roll(center, pose[:3, :3] @ np.array(model.upright_axis))


def _equivalent(pose: FloatArray, reference: FloatArray, model: ObjectModel) -> FloatArray:
    return nearest_equivalent(pose, reference, model.symmetries_discrete, model.symmetries_continuous)


def _same_place(keypoints_px: FloatArray, others_px: FloatArray) -> bool:
    """Tell whether two sets of (K, 2) pixels have centres nearer than a quarter of their extent."""
    extent = max(np.ptp(keypoints_px, axis=0).max(), np.ptp(others_px, axis=0).max())
    return math.dist(keypoints_px[0], others_px[0]) < 0.25 * float(extent)


def _distinct(found: Sequence[PoseEstimate]) -> list[PoseEstimate]:
    """Drop an estimate where a tracked, or else a more confident one, of the same object already is."""
    kept: list[PoseEstimate] = []
    for pose in sorted(found, key=lambda pose: (pose.instance < 0, -pose.confidence)):
        if not any(pose.name == k.name and _same_place(pose.keypoints_px, k.keypoints_px) for k in kept):
            kept.append(pose)
    return kept


def _numbered(found: Sequence[PoseEstimate]) -> list[PoseEstimate]:
    """Give new instances the lowest free numbers of their objects."""
    used = {(pose.name, pose.instance) for pose in found}
    numbered = []
    for pose in found:
        number = pose.instance
        if number < 0:
            number = next(i for i in range(len(found)) if (pose.name, i) not in used)
            used.add((pose.name, number))
        numbered.append(replace(pose, instance=number))
    return numbered
