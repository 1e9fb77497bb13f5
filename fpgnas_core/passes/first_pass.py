"""First pass: the whole frame, made small, says where objects are."""

import math
from collections.abc import Mapping, Sequence

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.decode import Votes
from fpgnas_core.imaging import PixelMap, whole_frame
from fpgnas_core.passes.candidate import Candidate
from fpgnas_core.passes.perception import Perception
from fpgnas_core.pose import certainty, coarse_pose
from fpgnas_core.pose_estimate import PoseEstimate, same_place

_HALF_CERTAIN = math.radians(100)
"""A rotation known no better than this halves the confidence.

What is no instance of the object looks like it from nowhere: its votes disagree by their own account. Chosen so that
as many instances are found as without (demo recording and 100 renders), with half as many false ones."""
_LOOKS_FOR_EACH = 3
"""Candidates for each instance that is sought: which of them is one is known better after a look than before."""


class FirstPass:
    """Finds candidates on the whole frame."""

    def __init__(self, perception: Perception) -> None:
        """Use the network of `perception`."""
        self._perception, self._models = perception, perception.bundle.objects

    def candidates(
        self,
        image: ByteArray,
        camera: Camera,
        size: int,
        found: Sequence[PoseEstimate],
        sought: Mapping[int, int] | None,
        max_instances: int,
    ) -> list[Candidate]:
        """Return the instances seen on the frame of `size` px, without those `found`, the most confident first.

        `sought` says of which objects, by BOP id, how many instances are looked for; None: `max_instances` of each.
        """
        votes, pixel_map = self._see(image, size)
        placed = [(seen, pixel_map.to_frame(seen.keypoints_px)) for seen in votes]
        new = [(seen, pixels) for seen, pixels in placed if not self._is_found(seen, pixels, found)]
        if sought is None:
            left = [max_instances] * len(self._models)
        else:
            left = [_LOOKS_FOR_EACH * sought.get(model.object_id, 0) for model in self._models]
        candidates: list[Candidate] = []
        for seen, pixels in new:
            if left[seen.object_index]:
                candidate = self._candidate(seen, pixels, pixel_map, camera)
                if candidate is not None:
                    candidates.append(candidate)
                # What is sought is there: a pose that explains nothing is no look. Otherwise it only costs time.
                if candidate is not None or sought is None:
                    left[seen.object_index] -= 1
        return candidates

    def _see(self, image: ByteArray, size: int) -> tuple[list[Votes], PixelMap]:
        with self._perception.watch.preprocess:
            small, pixel_map = whole_frame(image, size)
            batch = self._perception.normaliser.batch([small])
        grids = self._perception.run(batch)
        with self._perception.watch.decode:
            return self._perception.votes(grids, 0), pixel_map

    def _candidate(self, votes: Votes, pixels: FloatArray, pixel_map: PixelMap, camera: Camera) -> Candidate | None:
        """Return where to look again, None if no pose explains the votes or hardly any would do."""
        model = self._models[votes.object_index]
        with self._perception.watch.pnp:
            coarse = coarse_pose(votes, model, pixel_map, camera)
        if coarse is None:
            return None
        confidence = votes.confidence * certainty(coarse, _HALF_CERTAIN)
        if confidence < self._perception.worth_a_look:
            return None
        return Candidate.first_seen(votes.object_index, model, pixels, coarse.T_camera_object, confidence)

    def _is_found(self, votes: Votes, keypoints_px: FloatArray, found: Sequence[PoseEstimate]) -> bool:
        name = self._models[votes.object_index].name
        return any(name == f.name and same_place(keypoints_px, f.keypoints_px) for f in found)
