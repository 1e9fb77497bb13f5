"""Figures of a summary by name: `accuracy.add_s_auc`, `objects.cup.steadiness.jitter_mm`, `sanity.zero_stamps`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fpgnas_ros.bag_evaluation.errors import EvaluationError


def figures_of(run: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, float | None]:
    """Every number of one run and the counts of the sanity checks, None where there is no value."""
    checks = {name: finding["count"] for name, finding in summary["sanity"].items()}
    return dict(_numbers({**run, "sanity": checks}, ""))


def _numbers(values: Mapping[str, Any], prefix: str) -> list[tuple[str, float | None]]:
    found: list[tuple[str, float | None]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _numbers(value, f"{prefix}{name}.")
        elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            found.append((prefix + name, value))
    return found


def find_figure(figures: Mapping[str, float | None], wanted: str) -> str:
    """The full name of a figure that is named by its full name or by its end. Raises EvaluationError.

    Of several with the same end, those of all objects together are meant before those of one object.
    """
    matches = [name for name in figures if name == wanted or name.endswith(f".{wanted}")]
    overall = [name for name in matches if not name.startswith("objects.")] or matches
    if len(overall) == 1:
        return overall[0]
    if overall:
        raise EvaluationError(f"{wanted}: expected the name of one figure, got {', '.join(overall)}; write more of it")
    ends = sorted({name.rsplit(".", 1)[1] if "." in name else name for name in figures})
    raise EvaluationError(f"{wanted}: expected a figure of summary.json, got none; there are {', '.join(ends)}")
