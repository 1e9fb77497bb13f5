"""What changed from one run to another, and whether that is more than noise."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.figures.accuracy import shares_of_instances
from fpgnas_ros.bag_evaluation.figures.bootstrap import interval, mean_of_rows
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.summary import FORMAT_VERSION

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


def compare_runs(before: Run, after: Run, objects: Mapping[int, EvaluatedObject]) -> list[Change]:
    """Shares of two runs over the same frames, instance by instance: what both get wrong is no noise here."""
    first, second = (
        shares_of_instances([instance for score in run.scores for instance in score.instances], objects)
        for run in (before, after)
    )
    changes = []
    for name, values in first.items():
        difference = second[name] - values
        limits = None if np.isnan(difference).any() else interval(difference, mean_of_rows)
        if limits is not None:
            changes.append(Change(name, float(values.mean()), float(second[name].mean()), *limits, False))
    return changes


def compare_with_baseline(baseline: Mapping[str, Any], run: Mapping[str, Any]) -> list[Change]:
    """Figures that have intervals in both summaries. The noise of the difference is that of both together."""
    old_run = _run_like(baseline, run["name"])
    old, new = _figures(old_run), _figures(run)
    changes = []
    for name, (value, low, high) in new.items():
        if name not in old:
            continue
        before, old_low, old_high = old[name]
        noise = math.hypot((high - low) / 2, (old_high - old_low) / 2)
        difference = value - before
        is_error = name.endswith("_median")
        changes.append(Change(name, before, value, difference - noise, difference + noise, is_error))
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


def _run_like(summary: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    runs: Sequence[Mapping[str, Any]] = summary["runs"]
    return next((run for run in runs if run["name"] == name), runs[0])


def read_summary(path: Path) -> dict[str, Any]:
    """A summary.json of this program. Raises EvaluationError."""
    try:
        summary = json.loads(path.read_bytes())
        version = summary["format_version"]
    except OSError as error:
        raise EvaluationError(f"{path}: expected a summary.json, got {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{path}: expected a summary.json of evaluate_bag, got another content") from error
    if version != FORMAT_VERSION:
        raise EvaluationError(f"{path}: expected format_version {FORMAT_VERSION}, got {version}; evaluate again")
    return dict(summary)
