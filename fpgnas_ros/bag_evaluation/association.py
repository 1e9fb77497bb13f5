"""Which answer belongs to which frame: by header stamp, one to one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import IntArray

UNMATCHED = -1


def associate(frame_stamps_ns: ArrayLike, answer_stamps_ns: ArrayLike, max_dt_ns: int) -> IntArray:
    """The answer of each of (F,) frames, (F,) indices of (A,) answers, UNMATCHED where none is near enough.

    Pairs are made by increasing distance in time, at most max_dt_ns; each frame and each answer is in one at most.
    Of equally distant ones the first.
    """
    frames, answers = np.asarray(frame_stamps_ns, np.int64), np.asarray(answer_stamps_ns, np.int64)
    matches = np.full(len(frames), UNMATCHED, np.int64)
    order = np.argsort(frames, kind="stable")
    nearby = _pairs_within(frames[order], answers, max_dt_ns)
    taken = np.zeros(len(answers), np.bool_)
    for _, answer, place in sorted(nearby):
        frame = order[place]
        if matches[frame] == UNMATCHED and not taken[answer]:
            matches[frame], taken[answer] = answer, True
    return matches


def _pairs_within(sorted_frames: IntArray, answers: IntArray, max_dt_ns: int) -> list[tuple[int, int, int]]:
    """(distance in time, answer, place in `sorted_frames`) of all pairs near enough."""
    first = np.searchsorted(sorted_frames, answers - max_dt_ns, side="left")
    end = np.searchsorted(sorted_frames, answers + max_dt_ns, side="right")
    return [
        (abs(int(sorted_frames[place]) - int(stamp)), answer, place)
        for answer, stamp in enumerate(answers)
        for place in range(first[answer], end[answer])
    ]
