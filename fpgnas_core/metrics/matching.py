"""Which estimate is counted for which annotated instance."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fpgnas_core.arrays import IntArray

UNMATCHED = -1


def match_greedily(
    errors: ArrayLike, confidences: ArrayLike, threshold: float, candidates: NDArray[np.bool_]
) -> IntArray:
    """Return for each of E estimates the instance it is matched to, (E,), -1 for none.

    As the BOP toolkit does (Hodan et al., ECCVW 2016; `pose_matching.match_poses`): by decreasing
    confidence, each estimate takes the free instance of least error, if that is below `threshold`; of equals the
    first. errors: (E, G), in the unit of `threshold`, may be infinite; `candidates` (G,): instances that may be taken.
    """
    remaining = np.where(candidates, np.asarray(errors, dtype=np.float64), np.inf)
    matches = np.full(len(remaining), UNMATCHED, dtype=np.int64)
    if remaining.shape[1] == 0:
        return matches
    for estimate in np.argsort(-np.asarray(confidences, dtype=np.float64), kind="stable"):
        nearest = int(np.argmin(remaining[estimate]))
        if remaining[estimate, nearest] < threshold:
            matches[estimate] = nearest
            remaining[:, nearest] = np.inf
    return matches
