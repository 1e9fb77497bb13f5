"""The entries of a BOP image, the same in folders (`scene_gt.json`) and in shards (`gt.json`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError
from training.data.fields import numbers, object_id, pose
from training.data.models import DatasetModel
from training.data.sample import Annotation, Sample
from training.errors import DatasetError


def camera_of(entry: Mapping[str, Any], size: tuple[int, int], where: str) -> Camera:
    """The camera of an entry of scene_camera.json for images of `size`, width and height. Raises DatasetError."""
    matrix = numbers(entry, "cam_K", 9, where).reshape(3, 3)
    try:
        return Camera.from_matrix(matrix, *size)
    except CameraError as error:
        raise DatasetError(f"{where}: cam_K: {error}") from error


def depth_scale_of(entry: Mapping[str, Any], where: str) -> float:
    """Millimetres of one unit of the depth image; 1 where the entry does not say. Raises DatasetError."""
    if "depth_scale" not in entry:
        return 1.0
    scale = float(numbers(entry, "depth_scale", 1, where)[0])
    if scale <= 0:
        raise DatasetError(f"{where}: depth_scale: expected a positive number of mm, got {scale}")
    return scale


def annotations_of(entries: Any, infos: Any, where: str, info_where: str) -> dict[int, Annotation]:
    """The objects of one image, without masks, by their place in the list. Raises DatasetError.

    infos: the image's entry of scene_gt_info.json, or None.  An object behind the camera which the data set itself
    counts as invisible is left out: rendered scenes list all of their objects, wherever the camera looks.
    """
    if not isinstance(entries, list) or (infos is not None and len(infos) != len(entries)):
        got = f"{len(entries)} objects" if isinstance(entries, list) else type(entries).__name__
        raise DatasetError(f"{where}: expected a list as long as in {info_where}, got {got}")
    annotations = {}
    for place, entry in enumerate(entries):
        info = infos[place] if infos is not None else {}
        found = _annotation(entry, info, f"{where}, object {place}", f"{info_where}, object {place}")
        if found is not None:
            annotations[place] = found
    return annotations


def _annotation(entry: Any, info: Any, where: str, info_where: str) -> Annotation | None:
    number = object_id(entry, where)
    visible = None
    if "visib_fract" in info:
        visible = float(numbers(info, "visib_fract", 1, info_where)[0])
        if not 0 <= visible <= 1:
            raise DatasetError(f"{info_where}: visib_fract: expected 0 to 1, got {visible}")
    T_camera_object = pose(entry, where, in_front=visible != 0)
    if T_camera_object[2, 3] <= 0:
        return None
    return Annotation(number, T_camera_object, visible, _box(info, info_where))


def _box(info: Mapping[str, Any], where: str) -> tuple[float, float, float, float] | None:
    if "bbox_obj" not in info:
        return None
    x, y, width, height = numbers(info, "bbox_obj", 4, where).tolist()
    return (x, y, width, height) if width > 0 and height > 0 else None  # -1 -1 -1 -1: no silhouette in the image


def check_objects(samples: Iterable[Sample], models: Mapping[int, DatasetModel]) -> None:
    """Raises DatasetError where an annotated object is none of `models`."""
    for sample in samples:
        for annotation in sample.annotations:
            if annotation.object_id not in models:
                where = f"{sample.image_path}: scene {sample.scene_id}, image {sample.image_id}: obj_id"
                known = ", ".join(map(str, sorted(models)))
                raise DatasetError(f"{where}: expected one of models_info.json ({known}), got {annotation.object_id}")
