"""Which data sets lie in a folder, told by their files, and their samples one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from training.data.bop import read_scene, sensors_of
from training.data.linemod import read_sequence
from training.data.recording import POSE_TYPE, RecordingSettings, stream_recording, topics_of
from training.data.sample import Sample
from training.data.shards import shards_of, stream_shards
from training.data.speed import read_speed
from training.errors import DatasetError

BAG_SUFFIXES = (".mcap", ".db3")


@dataclass(frozen=True)
class Source:
    """One part of a data set."""

    kind: str
    """BOP, BOP-webdataset, LINEMOD, SPEED or recording."""
    name: str
    """Split, sequence, domain or recording; parts may share it."""
    read: Callable[[], Iterable[Sample]]
    """Raises DatasetError."""


def find_sources(folder: Path, objects: Mapping[str, int]) -> list[Source]:
    """All parts of the data set in `folder` (or of a recording's file), in order of their names.

    objects: as in RecordingSettings; empty: the only PoseStamped topic is object 1. Raises DatasetError where
    nothing is found.
    """
    found = [*_bop(folder), *_shards(folder), *_linemod(folder), *_speed(folder), *_recordings(folder, objects)]
    if not found:
        raise DatasetError(
            f"{folder}: expected BOP (split/000000/scene_camera.json), BOP-webdataset (shard-*.tar), LINEMOD "
            "(06/gt.yml), SPEED (train.json and images) or a recording (.mcap, metadata.yaml), found none of them"
        )
    return found


def _bop(folder: Path) -> Iterator[Source]:
    scenes = {path.parent for depth in ("*", "*/*") for path in folder.glob(f"{depth}/scene_camera*.json")}
    for scene in sorted(scenes):
        for sensor in sensors_of(scene):
            name = f"{scene.parent.name} {sensor}".strip()
            yield Source("BOP", name, partial(read_scene, scene, sensor))


def _shards(folder: Path) -> Iterator[Source]:
    holders = {path.parent for depth in ("", "*/") for path in folder.glob(f"{depth}shard-*.tar")}
    for holder in sorted(holders):
        for shard in shards_of(holder):
            yield Source("BOP-webdataset", holder.name, partial(stream_shards, [shard]))


def _linemod(folder: Path) -> Iterator[Source]:
    for path in sorted([*folder.glob("gt.yml"), *folder.glob("*/gt.yml")]):
        yield Source("LINEMOD", path.parent.name, partial(read_sequence, path.parent))


def _speed(folder: Path) -> Iterator[Source]:
    for path in sorted([*folder.glob("*.json"), *folder.glob("*/*.json")]):
        if path.name != "camera.json" and (path.parent / "images").is_dir():
            name = path.stem if path.parent == folder else f"{path.parent.name} {path.stem}"
            yield Source("SPEED", name, partial(read_speed, path))


def _recordings(folder: Path, objects: Mapping[str, int]) -> Iterator[Source]:
    if (folder.suffix in BAG_SUFFIXES and folder.is_file()) or (folder / "metadata.yaml").is_file():
        paths = [folder]
    else:
        folders = [path.parent for path in folder.glob("*/metadata.yaml")]
        paths = sorted(folders + [path for path in folder.glob("*") if path.suffix in BAG_SUFFIXES])
    for path in paths:
        yield Source("recording", path.stem, partial(_stream, path, objects))


def _stream(path: Path, objects: Mapping[str, int]) -> Iterator[Sample]:
    if not objects:
        poses = sorted(topic for topic, kind in topics_of(path).items() if kind == POSE_TYPE)
        if len(poses) != 1:
            got = ", ".join(poses) or "none"
            raise DatasetError(f"{path}: expected one topic of PoseStamped, got {got}; say which object is where")
        objects = {poses[0]: 1}
    yield from stream_recording(path, RecordingSettings(objects))
