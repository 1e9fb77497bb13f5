"""BOP's average recall and its parameters.

Hodan et al., "BOP Challenge 2020 on 6D Object Localization", ECCVW 2020; values as in `eval_bop19_pose.py` of the
BOP toolkit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fpgnas_core.metrics.recall import TargetErrors, average_recall

# `arange` and not twentieths: 0.15 is then a little more than 0.15, and errors on a threshold fall on BOP's side.
BOP_THRESHOLDS = tuple(np.arange(0.05, 0.51, 0.05).tolist())
"""Thresholds of correctness: of VSD, no unit, and of MSSD, in diameters."""
BOP_MSPD_THRESHOLDS = tuple(np.arange(5.0, 51.0, 5.0).tolist())
"""Thresholds of correctness of MSPD, pixels of an image BOP_REFERENCE_WIDTH wide."""
BOP_REFERENCE_WIDTH = 640
"""Pixels: an MSPD counts times this over the width of its image."""
BOP_VSD_TAUS = BOP_THRESHOLDS
"""Misalignment tolerances of VSD, in diameters."""
BOP_VSD_DELTA = 0.015
"""Visibility tolerance of VSD, metres (ITODD: 0.005)."""
BOP_SYMMETRY_STEPS = 315
"""Turns that stand for a continuous symmetry: pi / 0.01, so no point moves more than 1 % of the diameter."""


@dataclass(frozen=True)
class BopScores:
    """Average recalls, 0 to 1."""

    ar_vsd: float
    ar_mssd: float
    ar_mspd: float

    @property
    def ar(self) -> float:
        """Mean of the three: the score that BOP ranks by."""
        return (self.ar_vsd + self.ar_mssd + self.ar_mspd) / 3


def bop_scores(vsd: Sequence[TargetErrors], mssd: Sequence[TargetErrors], mspd: Sequence[TargetErrors]) -> BopScores:
    """Return the average recalls of one data set. Raises MetricError.

    One TargetErrors for each line of the targets file: of VSD with one error for each of BOP_VSD_TAUS, of MSSD in
    diameters, of MSPD in pixels times BOP_REFERENCE_WIDTH / image width.
    """
    return BopScores(
        average_recall(vsd, BOP_THRESHOLDS),
        average_recall(mssd, BOP_THRESHOLDS),
        average_recall(mspd, BOP_MSPD_THRESHOLDS),
    )
