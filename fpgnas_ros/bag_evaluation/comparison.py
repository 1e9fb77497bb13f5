"""What changed from one run to another, and whether that is more than noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fpgnas_ros.bag_evaluation.figures.accuracy import shares_of_instances
from fpgnas_ros.bag_evaluation.figures.bootstrap import interval, mean_of_each
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.scoring import InstanceScore

WITHIN_NOISE = "within noise"


@dataclass(frozen=True)
class Change:
    """One figure of two runs."""

    figure: str
    before: float
    after: float
    low: float
    """Least difference, after - before, that the frames do not contradict (95 %)."""
    high: float
    """Largest one."""
    lower_is_better: bool

    @property
    def verdict(self) -> str:
        """`better`, `worse` or `within noise`."""
        if self.low <= 0 <= self.high:
            return WITHIN_NOISE
        return "better" if (self.low > 0) != self.lower_is_better else "worse"

    @property
    def line(self) -> str:
        """For people."""
        between = f"{self.low:+.4g} to {self.high:+.4g}"
        return f"{self.figure}: {self.before:.4g} to {self.after:.4g} ({between}): {self.verdict}"


def paired_changes(
    before: Sequence[InstanceScore], after: Sequence[InstanceScore], objects: Mapping[int, EvaluatedObject]
) -> list[Change]:
    """Shares of the same instances twice: what both get wrong is no noise here."""
    first, second = shares_of_instances(before, objects), shares_of_instances(after, objects)
    changes = []
    for name, values in first.items():
        difference = second[name] - values
        limits = None if np.isnan(difference).any() else interval(difference, mean_of_each)
        if limits is not None:
            changes.append(Change(name, float(values.mean()), float(second[name].mean()), *limits, False))
    return changes


def unpaired_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Figures that have intervals in two runs of summaries. The noise of the difference is that of both together."""
    old, changes = _figures(before), []
    for name, (value, low, high) in _figures(after).items():
        if name not in old:
            continue
        old_value, old_low, old_high = old[name]
        noise = math.hypot((high - low) / 2, (old_high - old_low) / 2)
        difference = value - old_value
        is_error = name.endswith("_median")
        changes.append(Change(name, old_value, value, difference - noise, difference + noise, is_error))
    return changes


def _figures(run: Mapping[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Value and interval by name."""
    accuracy = run["accuracy"]
    found = {}
    for name, (low, high) in accuracy.get("intervals", {}).items():
        error = accuracy["errors_of_found"].get(name.removesuffix("_median"))
        value = accuracy.get(name) if error is None else error["median"]
        if value is not None:
            found[name] = (float(value), float(low), float(high))
    return found
