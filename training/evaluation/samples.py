"""Images to evaluate on, and the objects in them that count, from data sets in the layouts of BOP, SPEED and SPEED+."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from training.data.bop import read_split
from training.data.models import DatasetModel, read_models
from training.data.sample import Annotation, Sample
from training.data.speed import read_speed
from training.data.tango import tango
from training.data.targets import Target, read_targets

TARGETS = "test_targets_bop19.json"
SATELLITE = Path(__file__).resolve().parents[2] / "assets" / "satellite.ply"
"""Stands for Tango's mesh, which is not public: it is built round Tango's landmarks, in their frame."""


class TestSet(NamedTuple):
    """Images to evaluate on. models: the objects, by id.

    are_given: the objects to find in each image are told beforehand, as BOP's targets tell them (6D localization).
    """

    samples: list[Sample]
    models: dict[int, DatasetModel]
    are_given: bool = False


def read_test_set(dataset: Path, split: str) -> TestSet:
    """A split of BOP, or a label file of SPEED and SPEED+. Raises DatasetError."""
    labels = dataset / f"{split}.json"
    if labels.is_file() and not (dataset / "models").is_dir():
        satellite = _satellite()
        return TestSet(read_speed(labels), {satellite.object_id: satellite})
    # BOP scores with meshes whose vertices are evenly spread, where a data set has them
    folder = dataset / "models_eval"
    models = read_models(folder if (folder / "models_info.json").is_file() else dataset / "models")
    samples = read_split(dataset, split, models)
    targets = dataset / TARGETS
    if split.startswith("test") and targets.is_file():
        return TestSet(asked_for(samples, read_targets(targets), targets), models, are_given=True)
    return TestSet(samples, models)


def asked_for(samples: list[Sample], targets: list[Target], path: Path) -> list[Sample]:
    """The images that targets name, with the objects that they ask for; of several instances the most visible ones.

    A test set is often downloaded in part: targets without an image are counted in a warning. path: the targets' file.
    """
    wanted: dict[tuple[int, int], Counter[int]] = {}
    for target in targets:
        wanted.setdefault((target.scene_id, target.image_id), Counter())[target.object_id] += target.count
    kept = [sample for sample in samples if (sample.scene_id, sample.image_id) in wanted]
    if len(kept) < len(wanted):
        print(f"warning: {path}: names {len(wanted)} images, of which {len(kept)} are there", file=sys.stderr)
    if not kept:
        return samples
    return [_with_targets(sample, wanted[sample.scene_id, sample.image_id]) for sample in kept]


def _with_targets(sample: Sample, counts: Counter[int]) -> Sample:
    left, annotations = Counter(counts), list[Annotation]()
    for annotation in sorted(sample.annotations, key=lambda a: -(a.visible_fraction or 0.0)):
        if left[annotation.object_id] > 0:
            left[annotation.object_id] -= 1
            annotations.append(annotation)
    return replace(sample, annotations=tuple(annotations))


def _satellite() -> DatasetModel:
    model = tango()
    return DatasetModel(
        model.object_id,
        model.name,
        SATELLITE,
        model.diameter,
        model.box_size,
        model.box_center,
        model.symmetries_discrete,
        model.symmetries_continuous,
    )
