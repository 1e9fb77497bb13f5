"""Data sets in the BOP layout (Hodan et al., bop_toolkit `docs/bop_datasets_format.md`).

Colour or gray, PNG, JPEG or TIFF (ITODD), one camera or several (`rgb_cam1`, `scene_gt_cam1.json`: IPD, XYZ-IBD,
ITODD-MV; `gray1`, `scene_gt_gray1.json`: HOT3D).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fpgnas_core.camera import Camera
from training.data.bop_entries import annotations_of, camera_of, check_objects, depth_scale_of
from training.data.fields import read_json
from training.data.models import DatasetModel
from training.data.pictures import picture_size
from training.data.sample import Annotation, Sample
from training.errors import DatasetError

IMAGE_FOLDERS = ("rgb", "gray")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


def read_split(
    dataset: Path, split: str, models: Mapping[int, DatasetModel] | None = None, sensor: str = ""
) -> list[Sample]:
    """All images of `dataset`/`split` in the order of scene and image.

    With `models`, every annotated object must be one of them. sensor: the ending of folders and files where a
    scene was seen by several, as in `rgb_cam1`.
    Raises DatasetError, which names file, entry and field.
    """
    folder = dataset / split
    scenes = sorted((path for path in folder.glob("*") if path.is_dir() and path.name.isdecimal()), key=_number)
    if not scenes:
        raise DatasetError(
            f"{folder}: expected folders of scenes such as 000000, found none; check --dataset and --split"
        )
    samples = [sample for scene in scenes for sample in read_scene(scene, sensor)]
    if models is not None:
        check_objects(samples, models)
    return samples


def read_scene(folder: Path, sensor: str = "") -> list[Sample]:
    """The images of one scene, in order. Raises DatasetError.

    A scene of a test split without scene_gt.json has images without annotations: their poses are not public.
    """
    scene = _open(folder, f"_{sensor}" if sensor else "")
    size: tuple[int, int] | None = None
    samples = []
    for key in sorted(scene.keys, key=int):
        _check_complete(scene, key)
        size = size or picture_size(scene.images[int(key)])
        samples.append(_sample(scene, key, size))
    return samples


def sensors_of(scene: Path) -> list[str]:
    """The cameras that saw a scene, "" where it has one without a name."""
    return sorted(path.stem.removeprefix("scene_camera").lstrip("_") for path in scene.glob("scene_camera*.json"))


@dataclass(frozen=True)
class _Scene:
    """The files of one scene, listed once: a photorealistic split has a million masks."""

    folder: Path
    ending: str
    picture_folder: str
    cameras: dict[str, Any]
    poses: dict[str, Any] | None
    infos: dict[str, Any] | None
    images: dict[int, Path]
    depths: dict[int, Path]
    masks: frozenset[str]
    masks_visible: frozenset[str]

    @property
    def keys(self) -> dict[str, Any]:
        return self.cameras if self.poses is None else self.poses


def _open(folder: Path, ending: str) -> _Scene:
    poses, infos = folder / f"scene_gt{ending}.json", folder / f"scene_gt_info{ending}.json"
    if not (folder / f"scene_camera{ending}.json").is_file():
        known = ", ".join(repr(sensor) for sensor in sensors_of(folder)) or "none"
        raise DatasetError(
            f"{folder}: expected scene_camera{ending}.json, found cameras {known}; name one as the sensor"
        )
    hidden = folder.parent.name.startswith("test") and not poses.is_file()
    picture_folder, images = _images(folder, ending)
    return _Scene(
        folder,
        ending,
        picture_folder,
        read_json(folder / f"scene_camera{ending}.json"),
        None if hidden else read_json(poses),
        read_json(infos) if infos.is_file() else None,
        images,
        _numbered(folder / f"depth{ending}"),
        frozenset(path.name for path in (folder / f"mask{ending}").glob("*.png")),
        frozenset(path.name for path in (folder / f"mask_visib{ending}").glob("*.png")),
    )


def _check_complete(scene: _Scene, key: str) -> None:
    lacking = None
    if key not in scene.cameras:
        lacking = f"an entry in scene_camera{scene.ending}.json"
    elif int(key) not in scene.images:
        lacking = f"an image file in {scene.picture_folder}"
    if lacking:
        raise DatasetError(
            f"{scene.folder}: image {key} of scene_gt{scene.ending}.json: expected {lacking}, found none"
        )


def _sample(scene: _Scene, key: str, size: tuple[int, int]) -> Sample:
    where = f"{scene.folder}/scene_camera{scene.ending}.json: image {key}"
    camera: Camera = camera_of(scene.cameras[key], size, where)
    return Sample(
        int(scene.folder.name),
        int(key),
        scene.images[int(key)],
        camera,
        _annotations(scene, key) if scene.poses is not None else (),
        scene.depths.get(int(key)),
        depth_scale_of(scene.cameras[key], where),
    )


def _annotations(scene: _Scene, key: str) -> tuple[Annotation, ...]:
    where = f"{scene.folder}/scene_gt{scene.ending}.json: image {key}"
    info_where = f"{scene.folder}/scene_gt_info{scene.ending}.json: image {key}"
    assert scene.poses is not None
    if scene.infos is not None and key not in scene.infos:
        raise DatasetError(f"{info_where}: expected an entry as in scene_gt{scene.ending}.json, found none")
    infos = scene.infos[key] if scene.infos is not None else None
    found = annotations_of(scene.poses[key], infos, where, info_where)
    return tuple(_with_masks(scene, f"{int(key):06d}_{place:06d}.png", found[place]) for place in found)


def _with_masks(scene: _Scene, name: str, annotation: Annotation) -> Annotation:
    folder, ending = scene.folder, scene.ending
    return replace(
        annotation,
        mask_visible_path=folder / f"mask_visib{ending}" / name if name in scene.masks_visible else None,
        mask_path=folder / f"mask{ending}" / name if name in scene.masks else None,
    )


def _images(folder: Path, ending: str) -> tuple[str, dict[int, Path]]:
    names = [f"{name}{ending}" for name in IMAGE_FOLDERS] + [ending[1:]] * bool(ending)
    for name in names:
        files = _numbered(folder / name)
        if files:
            return name, files
    raise DatasetError(f"{folder}: expected images in one of {', '.join(names)}, found none")


def _numbered(folder: Path) -> dict[int, Path]:
    files = (path for path in folder.glob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    return {int(path.stem): path for path in files if path.stem.isdecimal()}


def _number(path: Path) -> int:
    return int(path.name)
