"""What a BOP test set is scored on: `test_targets_bop19.json` names the images, objects and numbers of instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.fields import integer, read_json_list
from training.data.sample import Sample
from training.errors import DatasetError


@dataclass(frozen=True)
class Target:
    """Instances of one object to be found in one image."""

    scene_id: int
    image_id: int
    object_id: int
    count: int


def read_targets(path: Path) -> list[Target]:
    """The targets in the order of the file. Raises DatasetError."""
    targets = []
    for place, entry in enumerate(read_json_list(path)):
        where = f"{path}: entry {place}"
        targets.append(
            Target(
                integer(entry, "scene_id", where),
                integer(entry, "im_id", where),
                integer(entry, "obj_id", where, 1),
                integer(entry, "inst_count", where, 1),
            )
        )
    return targets


def targeted(samples: Sequence[Sample], targets: Sequence[Target], path: Path) -> list[Sample]:
    """The samples that targets name, in the order of `samples`.

    path: the targets' file, for messages. Raises DatasetError for a target whose image is missing, or with fewer
    instances annotated than asked for (a sample without annotations has private ones).
    """
    by_image = {(sample.scene_id, sample.image_id): sample for sample in samples}
    for target in targets:
        where = f"{path}: scene {target.scene_id}, image {target.image_id}, object {target.object_id}"
        sample = by_image.get((target.scene_id, target.image_id))
        if sample is None:
            raise DatasetError(f"{where}: im_id: expected an image of the split, found none; check the split")
        annotated = sum(annotation.object_id == target.object_id for annotation in sample.annotations)
        if sample.annotations and annotated < target.count:
            raise DatasetError(f"{where}: inst_count: expected {target.count} annotated objects, got {annotated}")
    named = {(target.scene_id, target.image_id) for target in targets}
    return [sample for sample in samples if (sample.scene_id, sample.image_id) in named]
