"""`--fail-if 'add_s_auc < 0.8'`: an evaluation as a gate."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.flat import figures_of, find_figure

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
CONDITION = re.compile(r"\s*([\w.\-]+)\s*(<=|>=|<|>)\s*([-+.\deE]+)\s*")


@dataclass(frozen=True)
class Condition:
    """What must not be."""

    text: str
    figure: str
    comparison: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Of `FIGURE < NUMBER`. Raises EvaluationError."""
        match = CONDITION.fullmatch(text)
        try:
            if match is not None:
                return cls(" ".join(match.groups()), match[1], match[2], float(match[3]))
        except ValueError:
            pass
        raise EvaluationError(f"--fail-if: expected FIGURE < NUMBER (or <=, >, >=), got {text!r}")


@dataclass(frozen=True)
class Verdict:
    """One condition on one run."""

    run: str
    condition: Condition
    name: str
    value: float | None

    @property
    def has_failed(self) -> bool:
        """A figure without value fails: a gate must not pass because nothing was measured."""
        if self.value is None:
            return True
        return COMPARISONS[self.condition.comparison](self.value, self.condition.limit)

    @property
    def line(self) -> str:
        """For people."""
        value = "no value" if self.value is None else f"{self.value:.6g}"
        return (
            f"{'failed' if self.has_failed else 'passed'}: {self.run}: {self.name} is {value} ({self.condition.text})"
        )


def judge(summary: Mapping[str, Any], conditions: Sequence[Condition]) -> list[Verdict]:
    """Every condition on every run. Raises EvaluationError for a figure that does not exist."""
    verdicts = []
    for run in summary["runs"]:
        figures = figures_of(run, summary)
        for condition in conditions:
            name = find_figure(figures, condition.figure)
            verdicts.append(Verdict(run["name"], condition, name, figures[name]))
    return verdicts
