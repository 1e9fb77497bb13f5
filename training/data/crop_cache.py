"""A split of crops as two arrays beside it, mapped into memory: loaded once, shared by all that train on it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.data.bop import IMAGE_FOLDERS, read_split
from training.data.crop_pixels import COORDINATES, MASK, OTHERS, PICTURE, PLANES
from training.data.models import DatasetModel, read_models
from training.data.sample import Annotation, Sample
from training.errors import DatasetError

FOLDER = "crop_cache"
LAYOUT_VERSION = 2
LABELS = np.dtype(
    [("object_id", "i8"), ("is_shown", "?"), ("intrinsics", "f8", (4,)), ("T_camera_object", "f8", (4, 4))]
)
AHEAD = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
"""Pose of what is not there."""
READ_FOLDERS = (*IMAGE_FOLDERS, "depth", "mask_visib")


class CachedSplit(NamedTuple):
    """pixels: (N, PLANES, S, S) uint8, mapped.  labels: (N,) of LABELS; intrinsics are fx, fy, cx, cy, pixels.

    Where no object is shown, object and pose are without meaning.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.void]


def open_split(dataset: Path, split: str, size: int) -> CachedSplit:
    """The split's crops in its order, from dataset/crop_cache, which is written first where it does not fit the files.

    An image's first annotation is the crop's object, and one without annotations shows none. Raises DatasetError where
    an image is no crop of size x size, or where nothing can be written.
    """
    folder = dataset / FOLDER
    name = f"{split.replace('/', '_')}_{size}px"
    try:
        folder.mkdir(exist_ok=True)
        with _locked(folder / f"{name}.lock"):
            stem = f"{name}_{_fingerprint(dataset, split)}"
            pixels, labels = folder / f"{stem}.npy", folder / f"{stem}_labels.npy"
            if not pixels.is_file():
                _build(dataset, split, size, pixels, labels)
                for outdated in set(folder.glob(f"{name}_*.npy")) - {pixels, labels}:
                    outdated.unlink()
            return CachedSplit(np.load(pixels, mmap_mode="r"), np.load(labels))
    except OSError as error:
        raise DatasetError(f"{folder}: expected to keep the crops there for faster starts, got: {error}") from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process builds, the others wait for it. The system frees the lock of a process that dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fingerprint(dataset: Path, split: str) -> str:
    """Of the names, sizes and times of all files that crops are made of."""
    digest = hashlib.sha256(f"{LAYOUT_VERSION}, {PLANES} planes\n".encode())
    scenes = sorted(path for path in (dataset / split).glob("*") if path.is_dir())
    folders = [part for scene in scenes for part in (scene, *(scene / name for name in READ_FOLDERS))]
    for folder in (path for path in [dataset / "models", *folders] if path.is_dir()):
        with os.scandir(folder) as entries:
            files = sorted((entry.name, entry.stat()) for entry in entries if entry.is_file())
        lines = [f"{folder.relative_to(dataset)}/{name} {stat.st_size} {stat.st_mtime_ns}\n" for name, stat in files]
        digest.update("".join(lines).encode())
    return digest.hexdigest()[:16]


def _build(dataset: Path, split: str, size: int, pixels: Path, labels: Path) -> None:
    models = read_models(dataset / "models")
    samples = read_split(dataset, split, models)
    stand_in = Annotation(min(models), AHEAD)
    np.save(labels, np.array([_label(sample, size, stand_in) for sample in samples], LABELS))
    unfinished = pixels.with_suffix(".unfinished")
    try:
        _write_planes(unfinished, samples, models, split)
        unfinished.replace(pixels)  # last and atomic: it says that both are whole
    finally:
        unfinished.unlink(missing_ok=True)


def _write_planes(path: Path, samples: list[Sample], models: dict[int, DatasetModel], split: str) -> None:
    size = samples[0].camera.width
    written = np.lib.format.open_memmap(path, "w+", np.uint8, (len(samples), PLANES, size, size))
    _reserve(path)

    def read(index: int) -> None:
        written[index] = _planes(samples[index], models)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in tqdm(pool.map(read, range(len(samples))), f"load {split}", len(samples), unit="crop"):
            pass
    written.flush()


def _reserve(path: Path) -> None:
    """A full disk is an error here, and would be a crash later. Not every file system can promise anything."""
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise


def _planes(sample: Sample, models: dict[int, DatasetModel]) -> NDArray[np.uint8]:
    """(PLANES, S, S)."""
    planes = np.zeros((PLANES, sample.camera.height, sample.camera.width), np.uint8)
    planes[PICTURE] = cv2.cvtColor(sample.load_image(), cv2.COLOR_BGR2RGB).transpose(2, 0, 1)
    if not sample.annotations:
        return planes
    main, *others = sample.annotations
    planes[MASK] = main.load_mask_visible() * np.uint8(255)
    planes[COORDINATES] = surface_coordinates(sample, main, models[main.object_id]).transpose(2, 0, 1)
    numbers = {object_id: 1 + place for place, object_id in enumerate(models)}
    for other in others:
        planes[OTHERS][0, other.load_mask_visible()] = numbers[other.object_id]
    return planes


def surface_coordinates(sample: Sample, annotation: Annotation, model: DatasetModel) -> NDArray[np.uint8]:
    """(H, W, 3): what each pixel's depth says of the place in the object's box, 0 to 255. Raises DatasetError."""
    camera, depth = sample.camera, sample.load_depth()
    columns = (np.arange(camera.width) - camera.cx) / camera.fx
    rows = (np.arange(camera.height) - camera.cy) / camera.fy
    points = np.stack([columns[None] * depth, rows[:, None] * depth, depth], axis=-1)
    pose = annotation.T_camera_object
    places = (points - pose[:3, 3]) @ pose[:3, :3]
    share = (places - np.array(model.box_center)) / np.array(model.box_size) + 0.5
    return (share * 255).clip(0, 255).astype(np.uint8)


def _label(sample: Sample, size: int, stand_in: Annotation) -> tuple[object, ...]:
    camera = sample.camera
    if (camera.width, camera.height) != (size, size):
        got = f"{camera.width}x{camera.height}"
        raise DatasetError(f"{sample.image_path}: expected a training crop of {size}x{size} px, got {got} px")
    main = sample.annotations[0] if sample.annotations else stand_in
    intrinsics = camera.fx, camera.fy, camera.cx, camera.cy
    return main.object_id, bool(sample.annotations), intrinsics, main.T_camera_object
