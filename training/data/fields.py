"""Checked values out of annotation files; every error names the file, the entry and the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.se3 import make_transform
from training.errors import DatasetError

ROTATION_TOLERANCE = 2e-3  # published rotations are rounded to 4 digits and more
METRES_PER_MM = 0.001


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in `path`. Raises DatasetError."""
    content = _load(path)
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: expected an object with keys, got {type(content).__name__}")
    return content


def read_json_list(path: Path) -> list[Any]:
    """The JSON list in `path`. Raises DatasetError."""
    content = _load(path)
    if not isinstance(content, list):
        raise DatasetError(f"{path}: expected a list, got {type(content).__name__}")
    return content


def parse_json(data: bytes, where: str) -> Any:
    """The content of JSON text; `where` names it. Raises DatasetError."""
    try:
        return json.loads(data)
    except ValueError as error:
        raise DatasetError(f"{where}: expected JSON, got something else ({error})") from error


def numbers(entry: Mapping[str, Any], field: str, count: int, where: str) -> NDArray[np.float64]:
    """(count,) finite numbers of `entry[field]`; `where` names file and entry. Raises DatasetError."""
    if not isinstance(entry, Mapping) or field not in entry:
        raise DatasetError(f"{where}: expected a field {field}, got none")
    try:
        values = np.asarray(entry[field], np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"{where}: {field}: expected {count} numbers, got {entry[field]!r}") from error
    if len(values) != count or not np.isfinite(values).all():
        raise DatasetError(f"{where}: {field}: expected {count} finite numbers, got {entry[field]!r}")
    return values


def pose(entry: Mapping[str, Any], where: str, in_front: bool = True) -> NDArray[np.float64]:
    """T_camera_object (4, 4), metres, of cam_R_m2c (row-major) and cam_t_m2c (mm). Raises DatasetError.

    in_front: whether an object behind the camera is an error.
    """
    rotation = numbers(entry, "cam_R_m2c", 9, where).reshape(3, 3)
    off = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if off > ROTATION_TOLERANCE or np.linalg.det(rotation) < 0:
        raise DatasetError(f"{where}: cam_R_m2c: expected a rotation (R R^T = 1, det 1), got {rotation.tolist()}")
    translation = numbers(entry, "cam_t_m2c", 3, where) * METRES_PER_MM
    if in_front:
        check_in_front(translation, f"{where}: cam_t_m2c")
    return make_transform(rotation, translation)


def check_in_front(translation: NDArray[np.float64], where: str) -> None:
    """Raises DatasetError where an object's origin, (3,) metres in the camera's frame, is behind the camera."""
    if translation[2] <= 0:
        raise DatasetError(f"{where}: expected an object before the camera (z > 0), got {translation[2]} m")


def object_id(entry: Mapping[str, Any], where: str) -> int:
    """The field obj_id, an integer of at least 1. Raises DatasetError."""
    return integer(entry, "obj_id", where, 1)


def integer(entry: Mapping[str, Any], field: str, where: str, least: int = 0) -> int:
    """The field, an integer of at least `least`. Raises DatasetError."""
    value = entry.get(field) if isinstance(entry, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise DatasetError(f"{where}: {field}: expected an integer of at least {least}, got {value!r}")
    return value


def _load(path: Path) -> Any:
    if not path.is_file():
        raise DatasetError(f"{path}: expected a JSON file, found none; check the data set's folder")
    return parse_json(path.read_bytes(), str(path))
