"""The objects of a BOP data set, `models/`: millimetres in the files become metres here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.symmetry import ContinuousSymmetry
from training.data.fields import METRES_PER_MM, numbers, read_json
from training.errors import DatasetError
from training.rendering.mesh import Mesh, load_mesh


@dataclass(frozen=True, eq=False)
class DatasetModel:
    """One entry of models_info.json, metres."""

    object_id: int
    name: str
    mesh_path: Path
    diameter: float
    """Largest distance between two points of the surface, metres."""
    box_size: tuple[float, float, float]
    box_center: tuple[float, float, float]
    symmetries_discrete: NDArray[np.float64]
    """(n, 4, 4), metres, without the identity."""
    symmetries_continuous: tuple[ContinuousSymmetry, ...]

    @property
    def is_symmetric(self) -> bool:
        """Whether some other pose looks the same."""
        return len(self.symmetries_discrete) > 0 or len(self.symmetries_continuous) > 0

    def load_mesh(self) -> Mesh:
        """The surface, metres. Raises MeshError."""
        return load_mesh(self.mesh_path, "mm")


def read_models(folder: Path) -> dict[int, DatasetModel]:
    """All objects of `folder`/models_info.json by their id. Raises DatasetError."""
    path = folder / "models_info.json"
    models = {}
    for key, entry in read_json(path).items():
        where = f"{path}: object {key}"
        if not key.isdecimal() or not isinstance(entry, Mapping):
            raise DatasetError(f"{where}: expected an object under the number of its id")
        models[int(key)] = _read_model(folder, int(key), entry, where)
    return models


def _read_model(folder: Path, object_id: int, entry: Mapping[str, Any], where: str) -> DatasetModel:
    low = [float(numbers(entry, f"min_{axis}", 1, where)[0]) * METRES_PER_MM for axis in "xyz"]
    size = [float(numbers(entry, f"size_{axis}", 1, where)[0]) * METRES_PER_MM for axis in "xyz"]
    diameter = float(numbers(entry, "diameter", 1, where)[0]) * METRES_PER_MM
    if diameter <= 0 or min(size) < 0:
        raise DatasetError(f"{where}: expected a positive diameter and box, got {diameter} m and {size} m")
    continuous = tuple(_continuous(axis, where) for axis in entry.get("symmetries_continuous", []))
    return DatasetModel(
        object_id=object_id,
        name=str(entry.get("name", f"obj_{object_id:06d}")),
        mesh_path=folder / f"obj_{object_id:06d}.ply",
        diameter=diameter,
        box_size=(size[0], size[1], size[2]),
        box_center=(low[0] + size[0] / 2, low[1] + size[1] / 2, low[2] + size[2] / 2),
        symmetries_discrete=_discrete(entry, where),
        symmetries_continuous=continuous,
    )


def _discrete(entry: Mapping[str, Any], where: str) -> NDArray[np.float64]:
    field = "symmetries_discrete"
    matrices = [numbers({field: matrix}, field, 16, where) for matrix in entry.get(field, [])]
    transforms = np.array(matrices, np.float64).reshape(-1, 4, 4)
    transforms[:, :3, 3] *= METRES_PER_MM
    return transforms


def _continuous(entry: Mapping[str, Any], where: str) -> ContinuousSymmetry:
    axis = numbers(entry, "axis", 3, where)
    offset = numbers(entry, "offset", 3, where) * METRES_PER_MM
    return ContinuousSymmetry((axis[0], axis[1], axis[2]), (offset[0], offset[1], offset[2]))
