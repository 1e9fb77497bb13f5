"""Pictures and masks out of files and out of bytes, each failure with the name of where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.errors import DatasetError


def read_colour(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR of a file; gray becomes three equal channels. Raises DatasetError."""
    return np.asarray(_read(path, cv2.IMREAD_COLOR), np.uint8)


def read_depth(path: Path) -> NDArray[np.uint16]:
    """(H, W) units of `depth_scale` of a PNG or TIFF. Raises DatasetError."""
    return _one_channel(path, _read(path, cv2.IMREAD_UNCHANGED))


def read_mask(path: Path) -> NDArray[np.bool_]:
    """(H, W), true where the file is not black. Raises DatasetError."""
    return np.asarray(_read(path, cv2.IMREAD_GRAYSCALE) > 0)


def decode_colour(data: bytes, where: str) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR of encoded bytes; `where` names them. Raises DatasetError."""
    return np.asarray(_decode(data, cv2.IMREAD_COLOR, where), np.uint8)


def decode_depth(data: bytes, where: str) -> NDArray[np.uint16]:
    """(H, W) units of `depth_scale` of encoded bytes. Raises DatasetError."""
    return _one_channel(where, _decode(data, cv2.IMREAD_UNCHANGED, where))


def decode_runs(entry: Mapping[str, Any], where: str) -> NDArray[np.bool_]:
    """(H, W) mask of run lengths as in COCO, uncompressed: false first, column by column. Raises DatasetError."""
    try:
        height, width = (int(side) for side in entry["size"])
        counts = np.asarray(entry["counts"], np.int64)
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{where}: expected size [H, W] and counts, a list of run lengths, got others") from error
    if counts.ndim != 1 or (counts < 0).any() or counts.sum() != height * width:
        raise DatasetError(f"{where}: counts: expected runs of {width}x{height} px in all, got {counts.sum()} px")
    runs = np.arange(len(counts)) % 2 == 1
    return np.repeat(runs, counts).reshape(width, height).T


def check_size(name: Path | str, picture: NDArray[Any], camera: Camera) -> None:
    """Raises DatasetError unless the picture is of the camera's size."""
    if picture.shape[:2] != (camera.height, camera.width):
        expected, got = f"{camera.width}x{camera.height}", f"{picture.shape[1]}x{picture.shape[0]}"
        raise DatasetError(f"{name}: expected {expected} px as its camera has, got {got}")


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of an image file, pixels. Raises DatasetError."""
    image = _read(path, cv2.IMREAD_GRAYSCALE)
    return image.shape[1], image.shape[0]


def _read(path: Path, flags: int) -> NDArray[Any]:
    if not path.is_file():
        raise DatasetError(f"{path}: expected an image, got no file")
    return _decode(path.read_bytes(), flags, str(path))


def _decode(data: bytes, flags: int, where: str) -> NDArray[Any]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if image is None:
        raise DatasetError(f"{where}: expected an image, got an unreadable one of {len(data)} bytes")
    return np.asarray(image)


def _one_channel(name: Path | str, picture: NDArray[Any]) -> NDArray[np.uint16]:
    if picture.ndim != 2 or picture.dtype not in (np.uint8, np.uint16):
        raise DatasetError(f"{name}: expected one channel of 16 bits, got {picture.dtype} of shape {picture.shape}")
    return np.asarray(picture, np.uint16)
