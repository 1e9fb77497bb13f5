"""What the command evaluate_bag does with its arguments, and the lines that it prints."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from fpgnas_ros.bag_evaluation.comparison import WITHIN_NOISE
from fpgnas_ros.bag_evaluation.evaluate import Evaluation, evaluate
from fpgnas_ros.bag_evaluation.gate import Condition
from fpgnas_ros.bag_evaluation.report.headline import headlines
from fpgnas_ros.bag_evaluation.settings import EvaluationSettings
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.bag_evaluation.truth import Matching


def run(arguments: argparse.Namespace, command: str) -> bool:
    """Evaluate and print; whether a --fail-if holds. command: the line that was typed. Raises FpgnasError."""
    settings = settings_of(arguments)
    evaluation = evaluate(settings, command)
    print("\n".join(_result(evaluation)))
    print(settings.out / "report.html")
    return any(verdict.has_failed for verdict in evaluation.verdicts)


def _result(evaluation: Evaluation) -> Iterator[str]:
    """What people want to know first."""
    yield from (f"warning: {line}" for line in evaluation.findings.lines())
    for run in evaluation.summary["runs"]:
        figures = ", ".join(f"{figure.name} {figure.value}" for figure in headlines(run))
        yield f"{run['name']}: {run['frames']} frames: {figures}"
    for title, changes in evaluation.changes.items():
        beyond = [change.line for change in changes if change.verdict != WITHIN_NOISE]
        yield f"{title}: {'; '.join(beyond) or 'nothing changed beyond noise'}"
    yield from (verdict.line for verdict in evaluation.verdicts)


def settings_of(arguments: argparse.Namespace) -> EvaluationSettings:
    """Checked settings. Raises EvaluationError."""
    return EvaluationSettings(
        bags=tuple(arguments.bags),
        bundles=tuple(arguments.bundle),
        objects=arguments.objects,
        meshes=tuple(map(Source.parse, arguments.mesh)),
        truth=tuple(map(Source.parse, arguments.truth or ["/ground_truth/pose"])),
        estimates=tuple(map(Source.parse, arguments.estimates)),
        image=arguments.image,
        camera_info=arguments.camera_info,
        matching=Matching(
            _nanoseconds(arguments.max_dt),
            _nanoseconds(arguments.offset),
            arguments.interpolate,
            _nanoseconds(arguments.max_gap),
        ),
        out=arguments.out,
        first_pass_period=arguments.first_pass_period,
        confidence_threshold=arguments.confidence,
        workers=arguments.workers,
        annotate=arguments.annotate,
        fail_if=tuple(map(Condition.parse, arguments.fail_if)),
        baseline=arguments.baseline,
    )


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
