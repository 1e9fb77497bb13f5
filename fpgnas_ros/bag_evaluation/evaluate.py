"""The whole evaluation: recordings in, figures and files out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpgnas_core.bundle import Bundle, load_bundle
from fpgnas_core.object_model import ObjectModel
from fpgnas_ros.bag_evaluation.annotated import AnnotatedRecording, Write
from fpgnas_ros.bag_evaluation.baseline import Baseline
from fpgnas_ros.bag_evaluation.comparison import Change, paired_changes
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.gate import Verdict, judge
from fpgnas_ros.bag_evaluation.inputs import OpenRecording, open_recording
from fpgnas_ros.bag_evaluation.model_folder import INFO, read_model_folder
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject, evaluated_objects
from fpgnas_ros.bag_evaluation.report.charts import charts
from fpgnas_ros.bag_evaluation.report.page import Report
from fpgnas_ros.bag_evaluation.rerun import Rerun
from fpgnas_ros.bag_evaluation.run import RECORDED, Run, add_recorded, annotate_recorded
from fpgnas_ros.bag_evaluation.settings import EvaluationSettings
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.bag_evaluation.summary import digest, summarise, summarise_run
from fpgnas_ros.bag_evaluation.tables import write_bop, write_per_frame, write_tum
from fpgnas_ros.bag_evaluation.worst_frames import Picture, pictures
from fpgnas_ros.share_folder import resolve_model

Objects = Mapping[int, EvaluatedObject]


@dataclass(frozen=True)
class Evaluation:
    """All runs over all recordings."""

    runs: list[Run]
    objects: Objects
    findings: Findings
    pictures: dict[str, list[Picture]]
    """By run."""
    summary: dict[str, Any]
    """The content of summary.json."""
    verdicts: list[Verdict]
    changes: dict[str, list[Change]]
    """By what is compared."""


def evaluate(settings: EvaluationSettings, command: str) -> Evaluation:
    """Evaluate and write all files to `settings.out`. command: for the summary. Raises FpgnasError."""
    findings = Findings()
    bundles = {_name(text): load_bundle(resolve_model(text)) for text in settings.bundles}
    if len(bundles) < len(settings.bundles):
        raise EvaluationError("--bundle: expected bundles in folders of different names")
    models, meshes = _described(settings, bundles)
    baseline = Baseline.read(settings.baseline) if settings.baseline is not None else None
    objects = evaluated_objects(models, (*meshes, *settings.meshes), findings)
    runs, worst = _runs(settings, bundles, objects, findings)
    summary = summarise([summarise_run(run, objects) for run in runs], settings.bags, findings, command)
    changes = {
        f"From {runs[0].name} to {run.name}, over the same frames": paired_changes(
            runs[0].instances, run.instances, objects
        )
        for run in runs[1:]
    }
    if baseline is not None:
        changes |= dict(baseline.changes(run, summary, objects) for run in runs)
    evaluation = Evaluation(runs, objects, findings, worst, summary, [], changes)
    try:
        evaluation.verdicts.extend(judge(summary, settings.fail_if))
    finally:  # the name of a figure that is none must not cost the figures
        _write(settings.out, evaluation)
    return evaluation


def _described(
    settings: EvaluationSettings, bundles: Mapping[str, Bundle]
) -> tuple[tuple[ObjectModel, ...], tuple[Source, ...]]:
    """What is known of the objects, and meshes that lie beside it."""
    folder = Path(settings.objects).expanduser()
    if settings.objects and (folder / INFO).is_file():
        return read_model_folder(folder)
    bundle = load_bundle(resolve_model(settings.objects)) if settings.objects else next(iter(bundles.values()))
    return bundle.objects, ()


def _name(bundle: str) -> str:
    return Path(resolve_model(bundle)).resolve().name


def _runs(
    settings: EvaluationSettings, bundles: Mapping[str, Bundle], objects: Objects, findings: Findings
) -> tuple[list[Run], dict[str, list[Picture]]]:
    """Every run, and its pictures; the recordings are open only here."""
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
        return runs, {run.name: pictures(run, recordings, objects) for run in runs}


def _recorded(recordings: list[OpenRecording], settings: EvaluationSettings, objects: Objects) -> Run:
    run = Run(RECORDED)
    for recording in recordings:
        first = len(run.scores)
        add_recorded(run, recording, settings, objects)
        if settings.annotate:
            with _annotated(run.name, recording, settings) as write:
                annotate_recorded(run.scores[first:], recording, objects, write)
    return run


def _rerun(
    name: str, bundle: Bundle, recordings: list[OpenRecording], settings: EvaluationSettings, objects: Objects
) -> Run:
    run = Run(name)
    with Rerun(bundle, settings, objects) as engine:
        for recording in recordings:
            with _annotated(name, recording, settings) as write:
                engine.add_to(run, recording, write)
        run.engine = {
            "bundle_sha256": digest(bundle.path),
            "macs_of_one_crop_pass": bundle.macs,
            "flops_of_one_crop_pass": bundle.flops,
            "execution_provider": engine.execution_provider,
            "workers": engine.workers,
            "cpu_s": run.steps_s,
        }
    return run


@contextmanager
def _annotated(name: str, recording: OpenRecording, settings: EvaluationSettings) -> Iterator[Write]:
    """What takes the messages of an annotated recording, if one is wanted."""
    if not settings.annotate:
        yield lambda messages: None
        return
    with AnnotatedRecording(settings.out / f"annotated_{name}_{recording.number}") as annotated:
        yield annotated.write


def _write(out: Path, evaluation: Evaluation) -> None:
    files = [out / "summary.json", out / "per_frame.csv"]
    files[0].write_text(json.dumps(evaluation.summary, indent=1) + "\n")
    write_per_frame(files[1], evaluation.runs, evaluation.objects)
    for run in evaluation.runs:
        files.append(out / f"bop_{run.name}.csv")
        write_bop(files[-1], run)
        files += write_tum(out, run, evaluation.objects)
    report = Report(
        summary=evaluation.summary,
        warnings=evaluation.findings.lines(),
        verdicts=evaluation.verdicts,
        changes=evaluation.changes,
        charts=charts(evaluation.runs, evaluation.objects),
        pictures=evaluation.pictures,
        files=list(dict.fromkeys(files)),
    )
    (out / "report.html").write_text(report.html())
