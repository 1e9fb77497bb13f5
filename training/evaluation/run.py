"""Running a bundle over a data set."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from fpgnas_core.bundle import Bundle, load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.stopwatch import Timings
from training.data.models import DatasetModel
from training.data.sample import Sample
from training.errors import DatasetError
from training.evaluation.samples import TestSet, read_test_set
from training.evaluation.scoring import ObjectScore, ScoredModel, score_image
from training.evaluation.settings import EvaluationSettings

LOWEST, LOWEST_OF_GIVEN = 0.5, 0.1
"""Lowest confidence of what may or may not be there, and of what is said to be."""


@dataclass(frozen=True, eq=False)
class FrameResult:
    """One image: all estimates, the scores of the annotated objects, and the time taken."""

    sample: Sample
    estimates: list[PoseEstimate]
    scores: list[ObjectScore]
    seconds: float
    timings: Timings

    @property
    def false_detections(self) -> int:
        """Estimates that no annotated object was compared with."""
        return len(self.estimates) - sum(score.estimate is not None for score in self.scores)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Results of a bundle on a list of images."""

    bundle: Bundle
    execution_provider: str
    frames: list[FrameResult]
    ignored_objects: list[int]
    """Ids of annotated objects that the bundle does not know; they are not counted."""
    models: dict[int, DatasetModel]
    """Those that are counted, by id."""

    @property
    def scores(self) -> list[ObjectScore]:
        """Those of all images, in order."""
        return [score for frame in self.frames for score in frame.scores]


def evaluate_split(settings: EvaluationSettings) -> Evaluation:
    """Evaluate as the settings say. Raises BundleError, DatasetError."""
    bundle = load_bundle(settings.bundle)
    data = read_test_set(Path(settings.dataset), settings.split)
    default = LOWEST_OF_GIVEN if data.are_given else LOWEST
    threshold = default if settings.confidence_threshold is None else settings.confidence_threshold
    estimator = PoseEstimator(bundle, settings.threads or None, threshold, settings.max_instances, patient=True)
    return evaluate(estimator, data._replace(samples=data.samples[: settings.limit or None]))


def evaluate(estimator: PoseEstimator, data: TestSet) -> Evaluation:
    """Run the estimator on each image by itself, without tracking. Raises DatasetError."""
    samples, models = data.samples, data.models
    known = {model.object_id for model in estimator.bundle.objects}
    annotated = {a.object_id for sample in samples for a in sample.annotations}
    if not annotated & known:
        ids = f"{sorted(known)}, got {sorted(annotated)}"
        raise DatasetError(f"obj_id: expected some of the bundle's objects {ids}; check the bundle or the data set")
    scored = {object_id: ScoredModel.load(models[object_id]) for object_id in sorted(annotated & known)}
    estimator.warm_up(samples[0].camera.width, samples[0].camera.height)
    frames = [_run(estimator, s, scored, data.are_given) for s in tqdm(samples, desc="evaluate", unit="image")]
    counted = {object_id: models[object_id] for object_id in scored}
    return Evaluation(estimator.bundle, estimator.execution_provider, frames, sorted(annotated - known), counted)


def _run(estimator: PoseEstimator, sample: Sample, models: dict[int, ScoredModel], are_given: bool) -> FrameResult:
    image = sample.load_image()
    sought = Counter(annotation.object_id for annotation in sample.annotations) if are_given else None
    start = time.perf_counter()
    estimates = estimator.estimate(image, sample.camera, sought=sought)
    seconds = time.perf_counter() - start
    scores = score_image(sample, estimates, models)
    return FrameResult(sample, estimates, scores, seconds, estimator.last_timings)
