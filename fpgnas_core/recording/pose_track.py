"""Poses over time: what a recording says of two frames, at any moment between its messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from fpgnas_core.arrays import FloatArray, IntArray
from fpgnas_core.se3 import invert_transform, make_transform

Matrix: TypeAlias = FloatArray
Edge: TypeAlias = tuple[str, str]


class PoseTrack:
    """One transform (4, 4), metres, sampled at times of nanoseconds."""

    def __init__(self, stamps_ns: Sequence[int], transforms: Sequence[Matrix]) -> None:
        stamps, first = np.unique(np.asarray(stamps_ns, np.int64), return_index=True)
        self._stamps, self._transforms = stamps, np.stack(transforms)[first]

    @property
    def stamps_ns(self) -> IntArray:
        """Return the times of the samples, ascending, nanoseconds."""
        return self._stamps

    def nearest(self, stamp_ns: int, gap_ns: int) -> Matrix | None:
        """Return the sample nearest this time, None if it is more than gap_ns away."""
        index = int(np.argmin(np.abs(self._stamps - stamp_ns)))
        return np.array(self._transforms[index]) if abs(int(self._stamps[index]) - stamp_ns) <= gap_ns else None

    def at(self, stamp_ns: int, gap_ns: int) -> Matrix | None:
        """The transform at this time, interpolated (linear, and slerp) where the neighbours are gap_ns or less apart.

        None outside of the recorded time and in longer gaps: a pose is never extrapolated.
        """
        after = int(np.searchsorted(self._stamps, stamp_ns))
        if after < len(self._stamps) and self._stamps[after] == stamp_ns:
            return np.array(self._transforms[after])
        if after in (0, len(self._stamps)) or self._stamps[after] - self._stamps[after - 1] > gap_ns:
            return None
        before, span = after - 1, float(self._stamps[after] - self._stamps[after - 1])
        share = (stamp_ns - self._stamps[before]) / span
        start, end = self._transforms[before], self._transforms[after]
        rotation = Slerp([0, 1], Rotation.from_matrix([start[:3, :3], end[:3, :3]]))(share).as_matrix()
        return make_transform(rotation, (1 - share) * start[:3, 3] + share * end[:3, 3])


class StaticPose:
    """A transform that holds at all times (/tf_static)."""

    def __init__(self, transform: Matrix) -> None:
        self._transform = transform

    def at(self, stamp_ns: int, gap_ns: int) -> Matrix | None:
        """The transform."""
        return self._transform


class FrameTree:
    """All frames of a recording by the edges that tf gives: (parent, child), T_parent_child."""

    def __init__(self, edges: dict[Edge, PoseTrack | StaticPose]) -> None:
        self._parents = {child: (parent, track) for (parent, child), track in edges.items()}

    @property
    def frames(self) -> set[str]:
        """Every name that occurs."""
        return set(self._parents) | {parent for parent, _ in self._parents.values()}

    def stamps_ns(self, child: str) -> list[int]:
        """Return the times of the samples of the edge above `child`, nanoseconds; none where it is static."""
        track = self._parents[child][1] if child in self._parents else None
        return track.stamps_ns.tolist() if isinstance(track, PoseTrack) else []

    def at(self, frame: str, other: str, stamp_ns: int, gap_ns: int) -> Matrix | None:
        """T_frame_other (4, 4), metres, at this time; None where the recording does not say."""
        if frame == other:
            return np.eye(4)
        up, down = self._path_to_root(frame), self._path_to_root(other)
        common = next((name for name in up if name in down), None)
        if common is None:
            return None
        T_common_frame = self._down(up[: up.index(common)], stamp_ns, gap_ns)
        T_common_other = self._down(down[: down.index(common)], stamp_ns, gap_ns)
        if T_common_frame is None or T_common_other is None:
            return None
        return np.asarray(invert_transform(T_common_frame) @ T_common_other)

    def _path_to_root(self, frame: str) -> list[str]:
        path = [frame]
        while path[-1] in self._parents and len(path) == len(set(path)):
            path.append(self._parents[path[-1]][0])
        return path

    def _down(self, children: list[str], stamp_ns: int, gap_ns: int) -> Matrix | None:
        """The product of the edges above these frames, the last one uppermost."""
        total = np.eye(4)
        for child in children:
            edge = self._parents[child][1].at(stamp_ns, gap_ns)
            if edge is None:
                return None
            total = edge @ total
        return total
