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
    if not path.is_file():
        raise DatasetError(f"{path}: expected a JSON file, found none; check the data set's folder")
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise DatasetError(f"{path}: expected JSON, got something else ({error})") from error
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: expected an object with keys, got {type(content).__name__}")
    return content


def numbers(entry: Mapping[str, Any], field: str, count: int, where: str) -> NDArray[np.float64]:
    """(count,) finite numbers of `entry[field]`; `where` names file and entry. Raises DatasetError."""
    if field not in entry:
        raise DatasetError(f"{where}: expected a field {field}, got none")
    try:
        values = np.asarray(entry[field], np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"{where}: {field}: expected {count} numbers, got {entry[field]!r}") from error
    if len(values) != count or not np.isfinite(values).all():
        raise DatasetError(f"{where}: {field}: expected {count} finite numbers, got {entry[field]!r}")
    return values


def pose(entry: Mapping[str, Any], where: str) -> NDArray[np.float64]:
    """T_camera_object (4, 4), metres, of cam_R_m2c (row-major) and cam_t_m2c (mm). Raises DatasetError."""
    rotation = numbers(entry, "cam_R_m2c", 9, where).reshape(3, 3)
    off = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if off > ROTATION_TOLERANCE or np.linalg.det(rotation) < 0:
        raise DatasetError(f"{where}: cam_R_m2c: expected a rotation (R R^T = 1, det 1), got {rotation.tolist()}")
    translation = numbers(entry, "cam_t_m2c", 3, where) * METRES_PER_MM
    if translation[2] <= 0:
        raise DatasetError(f"{where}: cam_t_m2c: expected an object before the camera (z > 0), got {translation[2]} m")
    return make_transform(rotation, translation)


def object_id(entry: Mapping[str, Any], where: str) -> int:
    """The field obj_id, an integer of at least 1. Raises DatasetError."""
    value = entry.get("obj_id") if isinstance(entry, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DatasetError(f"{where}: obj_id: expected an integer of at least 1, got {value!r}")
    return value
