"""BOP-webdataset: tar shards, read as a stream (bop_toolkit `bop_toolkit_lib/dataset/bop_webdataset.py`).

The files of one image follow one another in the tar and share a key, scene and image: `000004_000015.rgb.jpg`,
`.depth.png`, `.camera.json`, `.gt.json`, `.gt_info.json`, `.mask.json`, `.mask_visib.json`. Python's tarfile streams
this; the webdataset library would be one more dependency for grouping files by their key.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.bop_entries import annotations_of, camera_of, check_objects, depth_scale_of
from training.data.fields import parse_json
from training.data.models import DatasetModel
from training.data.pictures import decode_colour, decode_depth, decode_runs
from training.data.sample import Annotation, Sample
from training.errors import DatasetError

KEY = re.compile(r"(\d+)_(\d+)")
IMAGE_ENDINGS = ("rgb.jpg", "rgb.jpeg", "rgb.png", "gray.tiff", "gray.tif", "gray.png", "gray.jpg")
DEPTH_ENDINGS = ("depth.png", "depth.tif", "depth.tiff")


def shards_of(folder: Path) -> list[Path]:
    """The shards of a data set, in order. Raises DatasetError where there are none."""
    shards = sorted(folder.glob("shard-*.tar"))
    if not shards:
        raise DatasetError(f"{folder}: expected shards such as shard-000000.tar, found none")
    return shards


def stream_shards(shards: Iterable[Path], models: Mapping[int, DatasetModel] | None = None) -> Iterator[Sample]:
    """The images of the shards in the order in which they lie there; memory holds one at a time.

    Writers shuffle before they shard, so this order is random already; give each worker shards of its own.
    With `models`, every annotated object must be one of them. Raises DatasetError, which names shard, key and field.
    """
    for shard in shards:
        for key, files in _groups(shard):
            sample = _sample(shard, key, files)
            if models is not None:
                check_objects([sample], models)
            yield sample


def _groups(shard: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Key and contents by ending, such as rgb.jpg, of each image."""
    key, files = "", dict[str, bytes]()
    for name, data in _members(shard):
        new_key, _, ending = name.partition(".")
        if new_key != key and files:
            yield key, files
            files = {}
        key = new_key
        files[ending] = data
    if files:
        yield key, files


def _members(shard: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(shard, "r|*") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None:
                    yield member.name.removeprefix("./"), content.read()
    except FileNotFoundError as error:
        raise DatasetError(f"{shard}: expected a tar file, found none") from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DatasetError(f"{shard}: expected a tar file, got a damaged or other one ({error})") from error


def _sample(shard: Path, key: str, files: Mapping[str, bytes]) -> Sample:
    where = f"{shard}: {key}"
    match = KEY.fullmatch(key)
    if match is None:
        raise DatasetError(f"{where}: expected a key such as 000004_000015 (scene and image), got {key!r}")
    image_ending = next((ending for ending in IMAGE_ENDINGS if ending in files), None)
    if image_ending is None:
        raise DatasetError(f"{where}: expected an image, one of {', '.join(IMAGE_ENDINGS)}, found none")
    image_path = shard / f"{key}.{image_ending}"
    read_image = partial(decode_colour, files[image_ending], str(image_path))
    height, width = read_image().shape[:2]
    camera_entry = _content(files, "camera.json", where)
    depth_ending = next((ending for ending in DEPTH_ENDINGS if ending in files), None)
    depth_path = shard / f"{key}.{depth_ending}" if depth_ending else None
    return Sample(
        int(match[1]),
        int(match[2]),
        image_path,
        camera_of(camera_entry, (width, height), f"{where}.camera.json"),
        _annotations(files, where),
        depth_path,
        depth_scale_of(camera_entry, f"{where}.camera.json"),
        read_image,
        partial(decode_depth, files[depth_ending], str(depth_path)) if depth_ending else None,
    )


def _annotations(files: Mapping[str, bytes], where: str) -> tuple[Annotation, ...]:
    entries = _content(files, "gt.json", where)
    infos = _content(files, "gt_info.json", where) if "gt_info.json" in files else None
    found = annotations_of(entries, infos, f"{where}.gt.json", f"{where}.gt_info.json")
    visible, whole = (_masks(files, f"{name}.json", where) for name in ("mask_visib", "mask"))
    return tuple(
        replace(found[place], mask_visible_reader=visible.get(place), mask_reader=whole.get(place)) for place in found
    )


def _masks(files: Mapping[str, bytes], name: str, where: str) -> dict[int, partial[NDArray[np.bool_]]]:
    if name not in files:
        return {}
    content = _content(files, name, where)
    if not isinstance(content, dict) or not all(key.isdecimal() for key in content):
        raise DatasetError(f"{where}.{name}: expected masks by the object's place, got something else")
    return {int(key): partial(decode_runs, entry, f"{where}.{name}: object {key}") for key, entry in content.items()}


def _content(files: Mapping[str, bytes], name: str, where: str) -> Any:
    if name not in files:
        raise DatasetError(f"{where}: expected a file {where.rsplit(': ')[-1]}.{name}, found none")
    return parse_json(files[name], f"{where}.{name}")
