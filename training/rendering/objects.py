"""The objects that a data set is rendered of, from meshes of any kind or from a BOP models folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.data.fields import read_json
from training.errors import MeshError, SettingsError
from training.rendering.mesh import Mesh, load_mesh
from training.rendering.settings import RenderSettings

SYMMETRY_FIELDS = ("symmetries_discrete", "symmetries_continuous")


@dataclass(frozen=True)
class TargetObject:
    """An object that is annotated. symmetries: as in BOP's models_info.json, millimetres."""

    object_id: int
    name: str
    mesh: Mesh
    symmetries: dict[str, Any]


def load_objects(settings: RenderSettings) -> list[TargetObject]:
    """All objects of the settings, in order of their ids. Raises SettingsError, MeshError and DatasetError."""
    return _from_models(Path(settings.models), settings.objects) if settings.models else _from_meshes(settings)


def load_distractors(settings: RenderSettings) -> list[Mesh]:
    """The meshes of the user's folder of distractors. Raises MeshError where it has none."""
    if not settings.distractors:
        return []
    kinds = (".ply", ".obj", ".stl", ".glb")
    paths = sorted(path for path in Path(settings.distractors).glob("*") if path.suffix.lower() in kinds)
    if not paths:
        raise MeshError(f"{settings.distractors}: expected a folder of PLY, OBJ, STL or GLB meshes, found none")
    return [load_mesh(path, settings.unit) for path in paths]


def _from_meshes(settings: RenderSettings) -> list[TargetObject]:
    paths = settings.mesh_paths
    symmetries = json.loads(Path(settings.symmetries).read_text()) if settings.symmetries else {}
    objects = []
    for place, path in enumerate(paths):
        name = settings.object_name if len(paths) == 1 else Path(path).stem
        objects.append(
            TargetObject(settings.object_id + place, name, load_mesh(path, settings.unit), _symmetries(symmetries))
        )
    return objects


def _from_models(folder: Path, chosen: list[int]) -> list[TargetObject]:
    """Meshes of a BOP folder; an id that is asked for needs no entry in models_info.json and then has no symmetry."""
    info = read_json(folder / "models_info.json")
    objects = []
    for object_id in sorted(chosen or map(int, info)):
        path, entry = folder / f"obj_{object_id:06d}.ply", info.get(str(object_id), {})
        if not path.is_file():
            known = ", ".join(sorted(file.stem[4:].lstrip("0") for file in folder.glob("obj_*.ply")))
            raise SettingsError(f"objects: expected ids of meshes in {folder} ({known}), got {object_id}")
        name = str(entry.get("name", path.stem))
        objects.append(TargetObject(object_id, name, load_mesh(path, "mm"), _symmetries(entry)))
    return objects


def _symmetries(entry: dict[str, Any]) -> dict[str, Any]:
    return {field: entry[field] for field in SYMMETRY_FIELDS if field in entry}
