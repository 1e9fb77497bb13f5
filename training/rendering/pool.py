"""What scenes are made of: meshes and pictures on the GPU, the same for the same settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import trimesh
from numpy.typing import NDArray

from training.errors import SettingsError
from training.rendering.boards import random_board
from training.rendering.distractors import make_distractors
from training.rendering.mesh import Mesh, decimated, from_trimesh
from training.rendering.objects import load_distractors, load_objects
from training.rendering.office import carpet, magazine
from training.rendering.pictures import noise, random_picture, wood
from training.rendering.settings import RenderSettings

N_SHAPES, N_PATTERNS, N_BOARDS, N_WOODS = 40, 64, 24, 8
N_MAGAZINES, N_CARPETS = 32, 12
PICTURE_PX = 256


class Uploads(Protocol):
    """What holds meshes and pictures by number, counted from 0."""

    def upload(self, mesh: Mesh) -> int:
        """Keep a mesh; its number."""
        ...

    def upload_picture(self, picture: NDArray[np.uint8]) -> int:
        """Keep an (H, W, 3) uint8 RGB picture; its number."""
        ...


class _All:
    """Keeps everything in several places, under one number."""

    def __init__(self, places: Sequence[Uploads]) -> None:
        self._places = places

    def upload(self, mesh: Mesh) -> int:
        return min(place.upload(mesh) for place in self._places)

    def upload_picture(self, picture: NDArray[np.uint8]) -> int:
        return min(place.upload_picture(picture) for place in self._places)


@dataclass(frozen=True)
class Prop:
    """An uploaded mesh. centre: (3,) of its box; radius: half the box's diagonal; metres."""

    number: int
    mesh: Mesh
    centre: NDArray[np.float64]
    radius: float


@dataclass(frozen=True)
class Pool:
    """targets: by object id. distractors: not annotated. table, board: unit squares, their upper side at z = 0.

    patterns, boards, woods, magazines, carpets: numbers of pictures; the last two are of offices. backgrounds: files of
    photographs.
    """

    targets: dict[int, Prop]
    distractors: Sequence[Prop]
    table: int
    board: int
    patterns: Sequence[int]
    boards: Sequence[int]
    woods: Sequence[int]
    magazines: Sequence[int]
    carpets: Sequence[int]
    backgrounds: Sequence[Path]


def make_pool(settings: RenderSettings, places: Sequence[Uploads]) -> Pool:
    """Load everything and upload it to all `places`. Raises SettingsError, MeshError and DatasetError."""
    uploads = _All(places)
    rng = np.random.default_rng([settings.seed, 0xF00D])
    objects = load_objects(settings)
    targets = {thing.object_id: _prop(uploads, decimated(thing.mesh, settings.most_faces)) for thing in objects}
    extra = [decimated(mesh, settings.most_faces) for mesh in load_distractors(settings)]
    shapes = [*extra, *make_distractors(np.random.default_rng(0), N_SHAPES)]
    side, pattern = PICTURE_PX, random_picture if settings.environment == "room" else noise  # foil bears no print
    offices = settings.office_share > 0
    return Pool(
        targets,
        [_prop(uploads, shape) for shape in shapes],
        uploads.upload(_slab(3.0)),
        uploads.upload(_slab(1.0)),
        [uploads.upload_picture(pattern(rng, side, side)) for _ in range(N_PATTERNS)],
        [uploads.upload_picture(random_board(rng, side)) for _ in range(N_BOARDS)],
        [uploads.upload_picture(wood(rng, side, side)) for _ in range(N_WOODS)],
        [uploads.upload_picture(magazine(rng, side)) for _ in range(N_MAGAZINES * offices)],
        [uploads.upload_picture(carpet(rng, side)) for _ in range(N_CARPETS * offices)],
        find_photographs(settings.backgrounds),
    )


def find_photographs(folder: str) -> list[Path]:
    """The pictures of a folder and the folders in it, in order; none for an empty name. Raises SettingsError."""
    if not folder:
        return []
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not found:
        raise SettingsError(f"backgrounds: expected a folder with JPEG or PNG pictures, got {folder}")
    return found


def photograph_part(rng: np.random.Generator, path: Path, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3) RGB: a random part of a photograph, in its proportions, sometimes mirrored."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SettingsError(f"backgrounds: {path}: expected a picture, got something unreadable")
    rows, columns = picture.shape[:2]
    most = min(columns / width, rows / height)
    share = rng.uniform(0.5, 1.0) * most
    w, h = max(1, int(share * width)), max(1, int(share * height))
    x, y = int(rng.integers(columns - w + 1)), int(rng.integers(rows - h + 1))
    part = cv2.resize(picture[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_AREA)
    step = -1 if rng.random() < 0.5 else 1
    return np.ascontiguousarray(part[:, ::step, ::-1], dtype=np.uint8)


def _prop(uploads: Uploads, mesh: Mesh) -> Prop:
    low, high = mesh.bounds.astype(np.float64)
    return Prop(uploads.upload(mesh), mesh, (low + high) / 2, float(np.linalg.norm(high - low) / 2))


def _slab(side: float) -> Mesh:
    return from_trimesh(trimesh.creation.box(extents=(side, side, 0.002)).apply_translation([0, 0, -0.001]))
