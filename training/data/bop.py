"""Data sets in the BOP layout (Hodan et al., bop_toolkit `docs/bop_datasets_format.md`), PNG or JPEG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2

from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError
from training.data.fields import numbers, object_id, pose, read_json
from training.data.models import DatasetModel
from training.data.sample import Annotation, Sample
from training.errors import DatasetError

IMAGE_FOLDERS = ("rgb", "gray")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif")


def read_split(dataset: Path, split: str, models: Mapping[int, DatasetModel] | None = None) -> list[Sample]:
    """All images of `dataset`/`split` in the order of scene and image.

    With `models`, every annotated object must be one of them.
    Raises DatasetError, which names file, entry and field.
    """
    folder = dataset / split
    scenes = sorted(path for path in folder.glob("*") if path.is_dir() and path.name.isdecimal())
    if not scenes:
        raise DatasetError(
            f"{folder}: expected folders of scenes such as 000000, found none; check --dataset and --split"
        )
    samples = [sample for scene in scenes for sample in read_scene(scene)]
    if models is not None:
        _check_objects(samples, models, dataset)
    return samples


def read_scene(folder: Path) -> list[Sample]:
    """The images of one scene, in order. Raises DatasetError."""
    cameras, poses = read_json(folder / "scene_camera.json"), read_json(folder / "scene_gt.json")
    info_path = folder / "scene_gt_info.json"
    infos = read_json(info_path) if info_path.is_file() else {}
    files = _image_files(folder)
    samples: list[Sample] = []
    for key in sorted(poses, key=int):
        where = f"{folder.name}/{key}"
        if key not in cameras or int(key) not in files:
            lacking = "an image file" if key in cameras else "an entry in scene_camera.json"
            raise DatasetError(f"{folder}: image {key} of scene_gt.json: expected {lacking}, found none")
        size = (samples[0].camera.width, samples[0].camera.height) if samples else _image_size(files[int(key)])
        camera = _camera(cameras[key], size, f"{folder}/scene_camera.json: image {key}")
        annotations = _annotations(folder, key, poses[key], infos.get(key))
        samples.append(_sample(folder, int(key), files[int(key)], camera, annotations, cameras[key], where))
    return samples


def _sample(
    folder: Path,
    image_id: int,
    image_path: Path,
    camera: Camera,
    annotations: tuple[Annotation, ...],
    camera_entry: Mapping[str, Any],
    where: str,
) -> Sample:
    depth = folder / "depth" / f"{image_path.stem}.png"
    scale = float(numbers(camera_entry, "depth_scale", 1, where)[0]) if "depth_scale" in camera_entry else 1.0
    depth_path = depth if depth.is_file() else None
    return Sample(int(folder.name), image_id, image_path, camera, annotations, depth_path, scale)


def _camera(entry: Mapping[str, Any], size: tuple[int, int], where: str) -> Camera:
    matrix = numbers(entry, "cam_K", 9, where).reshape(3, 3)
    try:
        return Camera.from_matrix(matrix, *size)
    except CameraError as error:
        raise DatasetError(f"{where}: cam_K: {error}") from error


def _annotations(folder: Path, key: str, entries: Any, infos: Any) -> tuple[Annotation, ...]:
    where = f"{folder}/scene_gt.json: image {key}"
    if not isinstance(entries, list) or (infos is not None and len(infos) != len(entries)):
        count = len(entries) if isinstance(entries, list) else "no"
        raise DatasetError(f"{where}: expected a list as long as in scene_gt_info.json, got {count} objects")
    annotations = []
    for index, entry in enumerate(entries):
        entry_where = f"{where}, object {index}"
        info = infos[index] if infos is not None else {}
        mask = folder / "mask_visib" / f"{int(key):06d}_{index:06d}.png"
        annotations.append(
            Annotation(
                object_id=object_id(entry, entry_where),
                T_camera_object=pose(entry, entry_where),
                visible_fraction=float(info["visib_fract"]) if "visib_fract" in info else None,
                bbox_obj=_box(info, f"{folder}/scene_gt_info.json: image {key}, object {index}"),
                mask_visible_path=mask if mask.is_file() else None,
            )
        )
    return tuple(annotations)


def _box(info: Mapping[str, Any], where: str) -> tuple[float, float, float, float] | None:
    if "bbox_obj" not in info:
        return None
    x, y, width, height = numbers(info, "bbox_obj", 4, where).tolist()
    return (x, y, width, height)


def _image_files(folder: Path) -> dict[int, Path]:
    for name in IMAGE_FOLDERS:
        files = [path for path in (folder / name).glob("*") if path.suffix in IMAGE_SUFFIXES]
        if files:
            return {int(path.stem): path for path in files if path.stem.isdecimal()}
    raise DatasetError(f"{folder}: expected images in one of {', '.join(IMAGE_FOLDERS)}, found none")


def _image_size(path: Path) -> tuple[int, int]:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise DatasetError(f"{path}: expected an image, got an unreadable file")
    return image.shape[1], image.shape[0]


def _check_objects(samples: list[Sample], models: Mapping[int, DatasetModel], dataset: Path) -> None:
    for sample in samples:
        for annotation in sample.annotations:
            if annotation.object_id not in models:
                where = f"{dataset}: scene {sample.scene_id}, image {sample.image_id}: obj_id"
                known = ", ".join(map(str, sorted(models)))
                raise DatasetError(f"{where}: expected one of models_info.json ({known}), got {annotation.object_id}")
