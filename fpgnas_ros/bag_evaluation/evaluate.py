"""The whole evaluation: recordings in, figures and files out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpgnas_core.bundle import Bundle, load_bundle
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.inputs import OpenRecording, open_recording
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject, evaluated_objects
from fpgnas_ros.bag_evaluation.rerun import Rerun
from fpgnas_ros.bag_evaluation.run import RECORDED, Run, add_recorded
from fpgnas_ros.bag_evaluation.settings import EvaluationSettings
from fpgnas_ros.bag_evaluation.summary import digest, summarise, summarise_run
from fpgnas_ros.bag_evaluation.tables import write_bop, write_per_frame, write_tum
from fpgnas_ros.share_folder import resolve_model


@dataclass(frozen=True)
class Evaluation:
    """All runs over all recordings."""

    runs: list[Run]
    objects: Mapping[int, EvaluatedObject]
    summary: dict[str, Any]


def evaluate(settings: EvaluationSettings, command: str) -> Evaluation:
    """Evaluate and write all files to `settings.out`. command: for the summary. Raises FpgnasError."""
    findings = Findings()
    bundles = {_name(text): load_bundle(resolve_model(text)) for text in settings.bundles}
    if len(bundles) < len(settings.bundles):
        raise EvaluationError("--bundle: expected bundles in folders of different names")
    described = load_bundle(resolve_model(settings.objects)) if settings.objects else next(iter(bundles.values()))
    objects = evaluated_objects(described, settings.meshes, findings)
    models = {scored.model.name: scored.model for scored in objects.values()}
    settings.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        recordings = [
            stack.enter_context(open_recording(path, number, settings, models, findings))
            for number, path in enumerate(settings.bags)
        ]
        if bundles:
            runs = [_rerun(name, bundle, recordings, settings, objects) for name, bundle in bundles.items()]
        else:
            runs = [_recorded(recordings, settings, objects)]
    figures = [summarise_run(run, objects) for run in runs]
    summary = summarise(figures, settings.bags, findings, command)
    evaluation = Evaluation(runs, objects, summary)
    _write(settings.out, evaluation)
    return evaluation


def _name(bundle: str) -> str:
    return Path(resolve_model(bundle)).resolve().name


def _recorded(
    recordings: list[OpenRecording], settings: EvaluationSettings, objects: Mapping[int, EvaluatedObject]
) -> Run:
    run = Run(RECORDED)
    for recording in recordings:
        add_recorded(run, recording, settings, objects)
    return run


def _rerun(
    name: str,
    bundle: Bundle,
    recordings: list[OpenRecording],
    settings: EvaluationSettings,
    objects: Mapping[int, EvaluatedObject],
) -> Run:
    engine = Rerun(bundle, settings.first_pass_period, settings.confidence_threshold, settings.worker_count)
    run = Run(name)
    run.engine = {
        "bundle_sha256": digest(bundle.path),
        "macs_of_one_crop_pass": bundle.macs,
        "flops_of_one_crop_pass": bundle.flops,
        "execution_provider": engine.execution_provider,
        "workers": settings.worker_count,
    }
    for recording in recordings:
        engine.add_to(run, recording, objects, lambda score, image: None, lambda kept: None)
    return run


def _write(out: Path, evaluation: Evaluation) -> None:
    (out / "summary.json").write_text(json.dumps(evaluation.summary, indent=1) + "\n")
    write_per_frame(out / "per_frame.csv", evaluation.runs, evaluation.objects)
    for run in evaluation.runs:
        write_bop(out / f"bop_{run.name}.csv", run)
        write_tum(out, run, evaluation.objects)
