"""`training/data/check.py`: a whole data set of any kind, its summary and its contact sheet."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from training.data.contact_sheet import sheet
from training.data.inspection import Inspection, ObjectTally, PartTally
from training.data.shapes import Shape, read_shapes, tango_shapes
from training.data.sources import Source, find_sources
from training.errors import DatasetError

LEAST_OVERLAP = 0.5
SHOWN_ERRORS = 20


@dataclass(frozen=True)
class CheckSettings:
    """Check a data set: BOP, BOP-webdataset, LINEMOD, SPEED, SPEED+ or recordings, told by its files."""

    dataset: str
    """Folder of the data set, or file of a recording; may be given without --dataset as the first argument."""
    models: str = ""
    """Folder with obj_000001.ply (mm) and models_info.json; empty: models* of the data set."""
    objects: dict[str, int] = field(default_factory=dict)
    """Recordings: object id by its PoseStamped topic or /tf frame; empty: the only topic is object 1."""
    out: str = ""
    """Contact sheet, PNG or JPEG; empty: out/check_<name>.png."""
    images: int = 24
    """Pictures on the contact sheet."""


def check(settings: CheckSettings) -> None:
    """Print a summary and write the sheet. Raises DatasetError at the end where anything is wrong."""
    folder = Path(settings.dataset)
    sources = find_sources(folder, settings.objects)
    shapes = _shapes(folder, settings.models, sources)
    inspection = Inspection(shapes, settings.images)
    inspection.run(sources)
    for line in summary(inspection.parts, shapes):
        print(line)
    errors = [*inspection.errors, *_misfits(inspection.parts)]
    if inspection.tiles:
        out = Path(settings.out or f"out/check_{folder.resolve().stem}.png")
        out.parent.mkdir(parents=True, exist_ok=True)
        quality = [cv2.IMWRITE_JPEG_QUALITY, 85] if out.suffix.lower() in (".jpg", ".jpeg") else []
        cv2.imwrite(str(out), sheet(inspection.tiles), quality)
        print(f"contact sheet: {out}")
    for error in errors[: SHOWN_ERRORS - 1]:
        print(f"error: {error}", file=sys.stderr)
    if errors:
        raise DatasetError(f"{folder}: expected a sound data set, got {len(errors)} errors; see above")


def summary(parts: Mapping[str, PartTally], shapes: Mapping[int, Shape]) -> Iterator[str]:
    """Lines for a person."""
    for name, part in parts.items():
        sizes = ", ".join(size for size, _ in part.sizes.most_common(3)) + (" ..." if len(part.sizes) > 3 else "")
        of_size = f" of {sizes} px" if sizes else ""
        yield f"{part.kind} {name}: {part.images} images{of_size}, {part.depths} depths, {part.masks} masks"
        for object_id, tally in sorted(part.objects.items()):
            title = f"{object_id} {shapes[object_id].model.name}" if object_id in shapes else str(object_id)
            yield f"  object {title}: {', '.join(_figures(tally))}"


def _figures(tally: ObjectTally) -> Iterator[str]:
    yield f"{len(tally.distances)} poses, {min(tally.distances):.3f} to {max(tally.distances):.3f} m away"
    if tally.visible:
        yield f"visible {100 * np.median(tally.visible):.0f} % (median)"
    if tally.overlaps:
        yield f"projected mesh and stated box overlap {100 * np.median(tally.overlaps):.0f} % (median)"


def _misfits(parts: Mapping[str, PartTally]) -> Iterator[str]:
    for name, part in parts.items():
        for object_id, tally in part.objects.items():
            if tally.overlaps and np.median(tally.overlaps) < LEAST_OVERLAP:
                yield (
                    f"{name}: object {object_id}: expected its projected mesh on its stated box, got "
                    f"{100 * np.median(tally.overlaps):.0f} % overlap; is the mesh in mm and in the frame of the poses?"
                )


def _shapes(folder: Path, models: str, sources: Sequence[Source]) -> Mapping[int, Shape]:
    if models:
        return read_shapes(Path(models))
    if all(source.kind == "SPEED" for source in sources):
        return tango_shapes()
    # A split or a scene may have been named instead of the data set; T-LESS has models_cad and no models.
    for base in (folder, folder.parent, folder.parent.parent):
        found = sorted(path.parent for path in base.glob("models*/models_info.json"))
        if found:
            return read_shapes(found[0])
    return {}
