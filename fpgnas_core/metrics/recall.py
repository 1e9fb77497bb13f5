"""Recall: the share of annotated instances that some estimate found, by the rules of BOP's localization task."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fpgnas_core.arrays import FloatArray
from fpgnas_core.errors import MetricError
from fpgnas_core.metrics.matching import UNMATCHED, match_greedily


@dataclass(frozen=True, eq=False)
class TargetErrors:
    """Errors of all estimates of one object in one image against all its annotated instances. Raises MetricError."""

    confidences: FloatArray
    """(E,), of the estimates."""
    errors: FloatArray
    """(E, G, n): n errors of each estimate against each instance (VSD: one for each tau; others: n = 1)."""
    visible_fractions: FloatArray
    """(G,), visible shares of the instances, 0 to 1."""
    instance_count: int
    """How many instances are to be found: the `inst_count` of BOP's targets file."""

    def __post_init__(self) -> None:
        expected = (*np.shape(self.confidences), *np.shape(self.visible_fractions))
        got = np.shape(self.errors)
        if len(expected) != 2 or len(got) != 3 or got[:2] != expected or got[2] == 0:
            msg = f"errors: expected shape (estimates, instances, n) = {expected} and n > 0, got {got}"
            raise MetricError(msg)
        if np.isnan(self.errors).any():
            msg = "errors: expected numbers or infinity, got NaN"
            raise MetricError(msg)
        if self.instance_count < 1:
            msg = f"instance_count: expected at least 1, got {self.instance_count}"
            raise MetricError(msg)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(G,): the `instance_count` most visible instances; of equals the first."""
        order = np.argsort(-self.visible_fractions, kind="stable")
        mask = np.zeros(len(order), dtype=np.bool_)
        mask[order[: self.instance_count]] = True
        return mask

    @property
    def kept(self) -> NDArray[np.int64]:
        """Indices of the `instance_count` most confident estimates, best first; of equals the first."""
        return np.argsort(-self.confidences, kind="stable")[: self.instance_count]

    def n_found(self, index: int, threshold: float) -> int:
        """Return how many counted instances have an estimate whose error number `index` is below `threshold`."""
        kept = self.kept
        errors, confidences = self.errors[kept, :, index], self.confidences[kept]
        return int(np.count_nonzero(match_greedily(errors, confidences, threshold, self.counted) != UNMATCHED))


def recall(targets: Sequence[TargetErrors], thresholds: ArrayLike) -> FloatArray:
    """Return the recall, (thresholds, n), 0 to 1, for each threshold (in the errors' unit) and each of n errors.

    Hodan et al., "BOP: Benchmark for 6D Object Pose Estimation", ECCV 2018, with the targets of BOP
    Challenge 2019. All targets weigh by their instances. Raises MetricError if there are no targets or their n differ.
    """
    sizes = {target.errors.shape[2] for target in targets}
    if len(sizes) != 1:
        msg = f"targets: expected at least one, all with equally many errors, got {len(targets)} with {sorted(sizes)}"
        raise MetricError(msg)
    levels = np.asarray(thresholds, dtype=np.float64)
    indices = range(sizes.pop())
    found = [[sum(target.n_found(index, level) for target in targets) for index in indices] for level in levels]
    n_instances = sum(int(target.counted.sum()) for target in targets)
    shares: FloatArray = np.array(found) / max(n_instances, 1)
    return shares


def average_recall(targets: Sequence[TargetErrors], thresholds: ArrayLike) -> float:
    """Return the mean of `recall` over thresholds and errors, AR, 0 to 1. Raises MetricError."""
    return float(recall(targets, thresholds).mean())
