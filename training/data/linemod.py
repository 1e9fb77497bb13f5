"""LINEMOD (Hinterstoisser et al. 2012) in its classic layout: per sequence `gt.yml` and `rgb/0000.png`.

This is the layout of the SIXD challenge of 2017: mm, and poses of the meshes that BOP ships too. The release of 2012
(`rot0.rot`, `tra0.tra` in cm, `mesh.ply`) has meshes in frames of their own, which do not fit these poses.
`training/data/check.py` compares projected meshes with `obj_bb` and so finds a mesh of the wrong frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fpgnas_core.camera import Camera
from training.data.bop_entries import camera_of, depth_scale_of
from training.data.fields import numbers, object_id, pose
from training.data.sample import Annotation, Sample
from training.errors import DatasetError

CAMERA = Camera(572.4114, 573.57043, 325.2611, 242.04899, 640, 480)
"""The camera of all LINEMOD sequences."""


def read_sequence(folder: Path, camera: Camera = CAMERA) -> list[Sample]:
    """The images that are in `folder`/rgb, in order; 0001.png is entry 1 of gt.yml, which may hold more.

    Millimetres become metres. `gt.yml` does not say how visible an object is. camera: of the images that have no
    entry in `info.yml`, or where there is no such file. Raises DatasetError.
    """
    truth = _read_yaml(folder / "gt.yml", list)
    infos = _read_yaml(folder / "info.yml", dict) if (folder / "info.yml").is_file() else {}
    files = sorted((folder / "rgb").glob("*.png")) + sorted((folder / "rgb").glob("*.jpg"))
    if not files or not folder.name.isdecimal():
        raise DatasetError(f"{folder}: expected a folder such as 06 with rgb/0000.png and so on, found no images")
    return [_sample(path, truth, infos, camera) for path in files]


def _sample(path: Path, truth: Mapping[int, Any], infos: Mapping[int, Any], camera: Camera) -> Sample:
    folder, stem = path.parent.parent, path.stem
    where = f"{folder}/gt.yml: image {stem}"
    if not stem.isdecimal() or int(stem) not in truth:
        raise DatasetError(f"{where}: expected an entry for the file rgb/{path.name}, found none")
    info, info_where = infos.get(int(stem), {}), f"{folder}/info.yml: image {stem}"
    depth = folder / "depth" / f"{stem}.png"
    return Sample(
        int(folder.name),
        int(stem),
        path,
        camera_of(info, (camera.width, camera.height), info_where) if "cam_K" in info else camera,
        _annotations(folder, stem, truth[int(stem)], where),
        depth if depth.is_file() else None,
        depth_scale_of(info, info_where),
    )


def _annotations(folder: Path, stem: str, entries: list[Any], where: str) -> tuple[Annotation, ...]:
    annotations = []
    for place, entry in enumerate(entries):
        entry_where = f"{where}, object {place}"
        x, y, width, height = numbers(entry, "obj_bb", 4, entry_where).tolist()
        number = object_id(entry, entry_where)
        mask = folder / "mask" / f"{stem}.png"  # of the sequence's own object
        mask_path = mask if number == int(folder.name) and mask.is_file() else None
        T_camera_object = pose(entry, entry_where)
        annotations.append(
            Annotation(number, T_camera_object, bbox_obj=(x, y, width, height), mask_visible_path=mask_path)
        )
    return tuple(annotations)


def _read_yaml(path: Path, entries: type) -> Mapping[int, Any]:
    if not path.is_file():
        raise DatasetError(f"{path}: expected the poses of a LINEMOD sequence, found no file")
    try:
        # The C parser: a sequence's file has a thousand poses and takes the Python one many seconds.
        content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise DatasetError(f"{path}: expected YAML, got something else ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict) or not all(isinstance(entry, entries) for entry in content.values()):
        raise DatasetError(f"{path}: expected entries by image number, each a {entries.__name__}, got something else")
    return content
