"""Objects of a BOP models folder: models_info.json and the meshes beside it; millimetres become metres here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.errors import ShapeError
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.symmetry import ContinuousSymmetry
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.objects import METRES_PER_MM
from fpgnas_ros.bag_evaluation.sources import Source

INFO = "models_info.json"


def read_model_folder(folder: Path) -> tuple[tuple[ObjectModel, ...], tuple[Source, ...]]:
    """Return the objects by their ids, and their meshes, obj_000001.ply, as far as they are there.

    An object is called by `name` of its entry, which BOP itself has not, or else as its mesh: obj_000001. Its keypoints
    are the centre and the corners of its box. Raises EvaluationError.
    """
    path = folder / INFO
    try:
        entries = sorted((int(key), entry) for key, entry in json.loads(path.read_text()).items())
        models = tuple(_model(number, entry) for number, entry in entries)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ShapeError) as error:
        raise EvaluationError(f"{path}: expected BOP's {INFO}, got another content ({error!r})") from error
    files = {model.name: folder / f"obj_{model.object_id:06d}.ply" for model in models}
    return models, tuple(Source(name, str(file)) for name, file in files.items() if file.is_file())


def _model(number: int, entry: Mapping[str, Any]) -> ObjectModel:
    low, size = (
        METRES_PER_MM * np.array([float(entry[f"{kind}_{axis}"]) for axis in "xyz"]) for kind in ("min", "size")
    )
    diameter = METRES_PER_MM * float(entry["diameter"])
    if not diameter > 0:
        raise ValueError(f"diameter {diameter} m")
    center = low + size / 2
    box = ObjectModel(number, "", np.zeros((0, 3)), diameter, _triple(size), _triple(center)).box_corners()
    return ObjectModel(
        number,
        str(entry.get("name", f"obj_{number:06d}")),
        np.vstack([center, box]),
        diameter,
        _triple(size),
        _triple(center),
        symmetries_discrete=_discrete(entry.get("symmetries_discrete", [])),
        symmetries_continuous=tuple(map(_continuous, entry.get("symmetries_continuous", []))),
    )


def _triple(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z


def _discrete(matrices: list[list[float]]) -> FloatArray:
    transforms = checked("symmetries_discrete", np.reshape(matrices, (-1, 4, 4)), (None, 4, 4)).copy()
    transforms[:, :3, 3] *= METRES_PER_MM
    return transforms


def _continuous(entry: Mapping[str, Any]) -> ContinuousSymmetry:
    axis, offset = checked("axis", entry["axis"], (3,)), checked("offset", entry["offset"], (3,))
    return ContinuousSymmetry(_triple(axis), _triple(METRES_PER_MM * offset))
