"""The result of an earlier evaluation, to compare with."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fpgnas_ros.bag_evaluation.comparison import Change, paired_changes, unpaired_changes
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.scoring import InstanceScore
from fpgnas_ros.bag_evaluation.summary import FORMAT_VERSION
from fpgnas_ros.bag_evaluation.tables import ERRORS, MM

Key = tuple[int, int, str]
"""Recording, frame and object of an instance."""


@dataclass(frozen=True)
class Baseline:
    """summary.json of before, and per_frame.csv where it still lies beside."""

    path: Path
    summary: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Of a summary.json of this program. Raises EvaluationError."""
        try:
            summary = json.loads(path.read_bytes())
            version = summary["format_version"]
        except OSError as error:
            raise EvaluationError(f"{path}: expected a summary.json, got {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise EvaluationError(f"{path}: expected a summary.json of evaluate_bag, got another content") from error
        if version != FORMAT_VERSION:
            raise EvaluationError(f"{path}: expected format_version {FORMAT_VERSION}, got {version}; evaluate again")
        return cls(path, summary)

    def changes(
        self, run: Run, summary: Mapping[str, Any], objects: Mapping[int, EvaluatedObject]
    ) -> tuple[str, list[Change]]:
        """Heading and changes from the run of the same name, or else the first one, to `run`.

        Instance by instance where both are over the same recordings; otherwise other frames are noise too.
        """
        names = [old["name"] for old in self.summary["runs"]]
        name = run.name if run.name in names else names[0]
        title = f"From {name} of {self.path} to {run.name}"
        old = self._instances(name, objects) if self._is_of_the_same(summary) else {}
        new = {
            (score.frame.bag, score.frame.number, objects[instance.object_id].model.name): instance
            for score in run.scores
            for instance in score.instances
        }
        if old and list(old) == list(new):
            return f"{title}, over the same frames", paired_changes(list(old.values()), list(new.values()), objects)
        before, after = self.summary["runs"][names.index(name)], _run_of(summary, run.name)
        return f"{title}, over other frames", unpaired_changes(before, after)

    def _is_of_the_same(self, summary: Mapping[str, Any]) -> bool:
        hashes, others = ([bag["sha256"] for bag in each["bags"]] for each in (self.summary, summary))
        return hashes == others and (self.path.parent / "per_frame.csv").is_file()

    def _instances(self, name: str, objects: Mapping[int, EvaluatedObject]) -> dict[Key, InstanceScore]:
        by_name = {scored.model.name: scored for scored in objects.values()}
        with (self.path.parent / "per_frame.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["run"] == name and row["object"] in by_name]
        return {
            (int(row["bag"]), int(row["frame"]), row["object"]): _instance(row, by_name[row["object"]]) for row in rows
        }


def _run_of(summary: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(run for run in summary["runs"] if run["name"] == name)


def _instance(row: Mapping[str, str], scored: EvaluatedObject) -> InstanceScore:
    """The errors that the table holds; a missed instance has none."""
    errors: dict[str, Any] = {
        field: (float(row[column]) / (MM if column.endswith("_mm") else 1.0) if row[column] else math.inf)
        for column, field in ERRORS.items()
    }
    chosen = errors["adi"] if scored.is_symmetric else errors["add"]
    return InstanceScore(scored.model.object_id, np.eye(4), None, **errors, add_or_adi=chosen)
