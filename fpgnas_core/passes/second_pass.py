"""Second pass: the pose of each instance from a crop of it, PnP on what its cells say, and its outline."""

import math
from collections.abc import Sequence

import numpy as np

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.confidence import shifted
from fpgnas_core.decode import Votes
from fpgnas_core.imaging import CropBox, PixelMap, crop
from fpgnas_core.network import Grids
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.passes.candidate import Candidate
from fpgnas_core.passes.perception import Perception
from fpgnas_core.pnp import PnpSolution
from fpgnas_core.pose import Solver, certainty, outlined_pose
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.symmetry import covariance_about_axes, nearest_equivalent

_HALF_CERTAIN = math.radians(30)
"""A rotation known no better than this halves the confidence; chosen as that of the first pass."""
_MOST_LOOKS = 3
"""Crops of an instance at first sight. A third is seldom needed where the first pass is good, and pays elsewhere."""


class SecondPass:
    """Estimates the poses of candidates."""

    def __init__(self, perception: Perception, solve: Solver) -> None:
        """Use the network of `perception`; `solve` makes poses of what cells say."""
        self._perception, self._bundle, self._solve = perception, perception.bundle, solve
        factors = np.sqrt(np.repeat(self._bundle.covariance_scales, 3))
        self._covariance_factors = np.outer(factors, factors)
        self._offsets = self._bundle.confidence_offsets or (0.0,) * len(self._bundle.objects)

    def looks(self, image: ByteArray, camera: Camera, candidates: Sequence[Candidate]) -> list[PoseEstimate | None]:
        """Return the pose of each candidate, None where it is not seen; a crop taken far off is taken anew."""
        poses: list[PoseEstimate | None] = [None] * len(candidates)
        left = dict(enumerate(candidates))
        for _ in range(_MOST_LOOKS):
            taken, left = left, {}
            seen = self.look(image, camera, list(taken.values()))
            for (i, there), pose in zip(taken.items(), seen, strict=True):
                poses[i] = pose
                found = pose and self.candidate_at(pose, camera)
                if found and there.is_off(found):
                    left[i] = found
        return poses

    def candidate_at(self, pose: PoseEstimate, camera: Camera) -> Candidate | None:
        """Return where to look for an instance that was at `pose`, None if it reaches behind the camera."""
        models = self._bundle.objects
        index = next(i for i, model in enumerate(models) if model.object_id == pose.object_id)
        return Candidate.at(index, models[index], pose.T_camera_object, camera, pose.instance)

    def look(
        self, image: ByteArray, camera: Camera, candidates: Sequence[Candidate], thorough: bool = False
    ) -> list[PoseEstimate | None]:
        """Return the pose of each candidate as one crop shows it, None where it is not seen.

        A `thorough` look takes several times as long where an outline is not clear.
        """
        poses: list[PoseEstimate | None] = [None] * len(candidates)
        size, fill = self._bundle.crop_size, self._bundle.crop_fill
        with self._perception.watch.preprocess:
            boxes = [CropBox.around(c.keypoints_px, fill, max(image.shape[:2]), c.roll) for c in candidates]
            places = [i for i, box in enumerate(boxes) if box.overlaps(camera.width, camera.height)]
            if not places:
                return poses
            crops = [crop(image, boxes[i], size, self._perception.normaliser.fill_bgr) for i in places]
            batch = self._perception.normaliser.batch([part for part, _ in crops])
        grids = self._perception.run(batch)
        for row, (i, (part, pixel_map)) in enumerate(zip(places, crops, strict=True)):
            poses[i] = self._pose(grids, row, candidates[i], part, pixel_map, camera, thorough)
        return poses

    def _pose(
        self,
        grids: Grids,
        index: int,
        candidate: Candidate,
        part: ByteArray,
        pixel_map: PixelMap,
        camera: Camera,
        thorough: bool,
    ) -> PoseEstimate | None:
        """Return the pose of the candidate from its crop, None if it is not seen there."""
        model = self._bundle.objects[candidate.object_index]
        votes = self._votes(grids, index, candidate.object_index)
        if votes is None:
            return None
        with self._perception.watch.pnp:
            solution = self._solve(votes, model, self._bundle.stride, pixel_map, camera)
        confidence = 0.0 if solution is None else votes.confidence * certainty(solution, _HALF_CERTAIN)
        if solution is None or confidence < self._perception.worth_a_look:
            return None
        offset = self._offsets[candidate.object_index]
        if shifted(confidence, offset) >= self._perception.confidence_threshold:  # an outline makes no pose surer
            solution, clarity = self._outlined(solution, votes, model, part, pixel_map, camera, thorough)
            confidence *= (1 + clarity) / 2
        pose = _equivalent(solution.T_camera_object, candidate.T_reference, model)
        return PoseEstimate(
            object_id=model.object_id,
            name=model.name,
            T_camera_object=pose,
            covariance=self._calibrated(solution.covariance, pose, model),
            confidence=shifted(confidence, offset),
            keypoints_px=pixel_map.to_frame(votes.keypoints_px),
            reprojection_rms_px=solution.reprojection_rms_px,
            instance=candidate.instance,
        )

    def _votes(self, grids: Grids, index: int, object_index: int) -> Votes | None:
        """Return what the crop says of the instance that it was taken for."""
        with self._perception.watch.decode:
            seen = self._perception.votes(grids, index, slice(object_index, object_index + 1))
            return max(seen, key=lambda votes: _centrality(votes, self._bundle.crop_size), default=None)

    def _outlined(
        self,
        solution: PnpSolution,
        votes: Votes,
        model: ObjectModel,
        part: ByteArray,
        pixel_map: PixelMap,
        camera: Camera,
        thorough: bool,
    ) -> tuple[PnpSolution, float]:
        """Return the solution moved to the object's outline, and how clear that is; as it is without an outline."""
        viewpoints = self._bundle.viewpoints.get(model.object_id)
        if viewpoints is None:
            return solution, 1.0
        with self._perception.watch.outline:
            return outlined_pose(
                solution, votes, model, viewpoints, self._bundle.stride, part, pixel_map, camera, thorough
            )

    def _calibrated(self, covariance: FloatArray, pose: FloatArray, model: ObjectModel) -> FloatArray:
        """Scale by the bundle's factors, and leave the angle about continuous axes unknown."""
        return covariance_about_axes(covariance * self._covariance_factors, pose, model.symmetries_continuous)


def _centrality(votes: Votes, size: int) -> float:
    """Rate an instance in a crop: much support, near the middle."""
    x, y = votes.keypoints_px[0].tolist()
    away = math.hypot(x - (size - 1) / 2, y - (size - 1) / 2) / (size / 4)
    return len(votes.cells) * votes.confidence * math.exp(-0.5 * away**2)


def _equivalent(pose: FloatArray, reference: FloatArray, model: ObjectModel) -> FloatArray:
    return nearest_equivalent(pose, reference, model.symmetries_discrete, model.symmetries_continuous)
