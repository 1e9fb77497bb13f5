"""LINEMOD (Hinterstoisser et al. 2012) in its classic layout: per sequence `gt.yml` and `rgb/0000.png`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fpgnas_core.camera import Camera
from training.data.fields import numbers, object_id, pose
from training.data.sample import Annotation, Sample
from training.errors import DatasetError

CAMERA = Camera(572.4114, 573.57043, 325.2611, 242.04899, 640, 480)
"""The camera of all LINEMOD sequences."""


def read_sequence(folder: Path, camera: Camera = CAMERA) -> list[Sample]:
    """The images that are in `folder`/rgb, in order; 0001.png is entry 1 of gt.yml, which may hold more.

    Millimetres become metres. `gt.yml` does not say how visible an object is. Raises DatasetError.
    """
    truth = _read_yaml(folder / "gt.yml")
    files = sorted((folder / "rgb").glob("*.png")) + sorted((folder / "rgb").glob("*.jpg"))
    if not files or not folder.name.isdecimal():
        raise DatasetError(f"{folder}: expected a folder such as 06 with rgb/0000.png and so on, found no images")
    samples = []
    for path in files:
        where = f"{folder}/gt.yml: image {path.stem}"
        if not path.stem.isdecimal() or int(path.stem) not in truth:
            raise DatasetError(f"{where}: expected an entry for the file rgb/{path.name}, found none")
        entries = truth[int(path.stem)]
        annotations = tuple(_annotation(entry, f"{where}, object {i}") for i, entry in enumerate(entries))
        samples.append(Sample(int(folder.name), int(path.stem), path, camera, annotations))
    return samples


def _annotation(entry: Mapping[str, Any], where: str) -> Annotation:
    x, y, width, height = numbers(entry, "obj_bb", 4, where).tolist()
    return Annotation(object_id(entry, where), pose(entry, where), bbox_obj=(x, y, width, height))


def _read_yaml(path: Path) -> dict[int, Any]:
    if not path.is_file():
        raise DatasetError(f"{path}: expected the poses of a LINEMOD sequence, found no file")
    try:
        # The C parser: a sequence's file has a thousand poses and takes the Python one many seconds.
        content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise DatasetError(f"{path}: expected YAML, got something else ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict) or not all(isinstance(entries, list) for entries in content.values()):
        raise DatasetError(f"{path}: expected lists of poses by image number, got something else")
    return content
