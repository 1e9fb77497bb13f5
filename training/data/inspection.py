"""Reads every picture of a data set, collects what is wrong, what it holds, and a few pictures to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fpgnas_core.errors import RecordingError
from training.data.contact_sheet import tile
from training.data.sample import Annotation, Sample
from training.data.shapes import Shape, clipped, overlap
from training.data.sources import Source
from training.errors import DatasetError


@dataclass
class ObjectTally:
    """What was seen of one object."""

    distances: list[float] = field(default_factory=list)
    """Of its origin from the camera, metres."""
    visible: list[float] = field(default_factory=list)
    overlaps: list[float] = field(default_factory=list)
    """Of the projected mesh's rectangle with the one that the data set states, 0 to 1."""


@dataclass
class PartTally:
    """What was seen of one part."""

    kind: str
    images: int = 0
    sizes: Counter[str] = field(default_factory=Counter)
    depths: int = 0
    masks: int = 0
    objects: dict[int, ObjectTally] = field(default_factory=dict)


class Inspection:
    """shapes: the known objects by id; empty where the data set has no models. tiles: how many pictures to keep."""

    def __init__(self, shapes: Mapping[int, Shape], tiles: int, seed: int = 0) -> None:
        self.errors: list[str] = []
        self.parts: dict[str, PartTally] = {}
        self._shapes, self._most = shapes, tiles
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self._seen, self._rng = 0, np.random.default_rng(seed)

    @property
    def tiles(self) -> list[NDArray[np.uint8]]:
        """Drawn pictures, evenly chosen out of all that are in order, in the order in which they came."""
        return [self._kept[number] for number in sorted(self._kept)]

    def run(self, sources: Iterable[Source]) -> None:
        """Read everything. A broken picture does not stop the others; a broken annotation file stops its part."""
        with tqdm(desc="check", unit="image", mininterval=0.5) as progress:
            for source in sources:
                part = self.parts.setdefault(source.name, PartTally(source.kind))
                for sample in self._samples(source):
                    self._inspect(sample, source.name, part)
                    progress.update()

    def _samples(self, source: Source) -> Iterator[Sample]:
        try:
            yield from source.read()
        except (DatasetError, RecordingError) as error:
            self.errors.append(str(error))

    def _inspect(self, sample: Sample, name: str, part: PartTally) -> None:
        try:
            image = sample.load_image()
            if sample.has_depth:
                sample.load_depth()
                part.depths += 1
            for annotation in sample.annotations:
                self._tally(sample, annotation, part)
            part.images += 1
            part.sizes[f"{sample.camera.width}x{sample.camera.height}"] += 1
            self._keep(sample, image, name)
        except (DatasetError, RecordingError) as error:
            self.errors.append(str(error))

    def _tally(self, sample: Sample, annotation: Annotation, part: PartTally) -> None:
        if self._shapes and annotation.object_id not in self._shapes:
            known = ", ".join(map(str, self._shapes))
            where = f"{sample.image_path}: scene {sample.scene_id}, image {sample.image_id}: obj_id"
            raise DatasetError(f"{where}: expected one of the models ({known}), got {annotation.object_id}")
        if annotation.has_mask_visible:
            sample.load_mask_visible(annotation)
            part.masks += 1
        tally = part.objects.setdefault(annotation.object_id, ObjectTally())
        tally.distances.append(float(np.linalg.norm(annotation.T_camera_object[:3, 3])))
        if annotation.visible_fraction is not None:
            tally.visible.append(annotation.visible_fraction)
        agreement = self._agreement(sample, annotation)
        if agreement is not None:
            tally.overlaps.append(agreement)

    def _agreement(self, sample: Sample, annotation: Annotation) -> float | None:
        if annotation.object_id not in self._shapes or annotation.bbox_obj is None:
            return None
        x, y, width, height = annotation.bbox_obj
        stated = clipped((x - 0.5, y - 0.5, x + width - 0.5, y + height - 0.5), sample.camera)
        found = self._shapes[annotation.object_id].rectangle(annotation.T_camera_object, sample.camera)
        return overlap(stated, found) if stated and found else None

    def _keep(self, sample: Sample, image: NDArray[np.uint8], name: str) -> None:
        """Reservoir sampling: streams do not say how long they are."""
        self._seen += 1
        if len(self._kept) >= self._most:
            if self._rng.integers(self._seen) >= self._most:
                return
            del self._kept[self._rng.choice(list(self._kept))]
        caption = f"{name} {sample.scene_id}/{sample.image_id}"
        self._kept[self._seen] = tile(sample, image, self._shapes, caption)
