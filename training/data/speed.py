"""SPEED (Kisantal et al. 2020) and SPEED+ (Park et al. 2022): one satellite, grayscale images of 1920x1200.

SPEED:   DIR/train.json with DIR/images/train/*.jpg, likewise test, real and real_test.
SPEED+:  DIR/camera.json, DIR/synthetic/{train,validation}.json with DIR/synthetic/images/*.jpg, and the domains
         DIR/lightbox and DIR/sunlamp with test.json and images/*.jpg.
Poses: a quaternion with its scalar first, camera from target, and the target's origin in the camera's frame, metres.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError
from fpgnas_core.se3 import make_transform, matrix_from_quaternion_xyzw
from training.data.fields import check_in_front, integer, numbers, read_json, read_json_list
from training.data.sample import Annotation, Sample
from training.data.tango import TANGO_ID
from training.errors import DatasetError

SPEED_CAMERA = Camera(3003.41, 3003.41, 960.0, 600.0, 1920, 1200)
"""The camera of SPEED (17.6 mm, 5.86 um a pixel), which ships no camera.json."""
QUATERNION_FIELDS = ("q_vbs2tango_true", "q_vbs2tango")  # of SPEED+ and of SPEED
UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class SpeedLabel:
    """One entry of a label file."""

    filename: str
    T_camera_object: NDArray[np.float64] | None
    """(4, 4), metres; None in files without poses."""


def read_labels(path: Path) -> list[SpeedLabel]:
    """The entries of train.json and the like, whether or not their images are there. Raises DatasetError."""
    labels = []
    for place, entry in enumerate(read_json_list(path)):
        name = entry.get("filename") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not name:
            raise DatasetError(f"{path}: entry {place}: filename: expected the name of an image, got {name!r}")
        labels.append(SpeedLabel(name, _pose(entry, f"{path}: {name}")))
    return labels


def read_speed(path: Path, camera: Camera | None = None) -> list[Sample]:
    """The images of a label file in its order; without poses (SPEED's test.json) they have no annotations.

    camera: where None, that of camera.json beside the labels or one folder above, or of SPEED.
    Raises DatasetError, which names file, entry and field.
    """
    camera = camera or _camera_of(path)
    folder = path.parent / "images" / path.stem
    folder = folder if folder.is_dir() else path.parent / "images"
    present = {file.name for file in folder.glob("*")}
    samples = []
    for label in read_labels(path):
        if label.filename not in present:
            raise DatasetError(
                f"{path}: {label.filename}: filename: expected the file {folder / label.filename}, found none"
            )
        found = () if label.T_camera_object is None else (Annotation(TANGO_ID, label.T_camera_object),)
        samples.append(Sample(0, _number(label.filename, path), folder / label.filename, camera, found))
    return samples


def read_camera(path: Path) -> Camera:
    """The camera of a camera.json: cameraMatrix, distCoeffs and Nu x Nv pixels. Raises DatasetError."""
    entry, where = read_json(path), str(path)
    matrix = numbers(entry, "cameraMatrix", 9, where).reshape(3, 3)
    distortion = numbers(entry, "distCoeffs", 5, where) if "distCoeffs" in entry else np.zeros(0)
    try:
        return Camera.from_matrix(matrix, integer(entry, "Nu", where, 1), integer(entry, "Nv", where, 1), distortion)
    except CameraError as error:
        raise DatasetError(f"{where}: cameraMatrix: {error}") from error


def _camera_of(labels: Path) -> Camera:
    beside = (labels.parent / "camera.json", labels.parent.parent / "camera.json")
    found = next((path for path in beside if path.is_file()), None)
    if found is not None:
        return read_camera(found)
    if (labels.parent / "images" / labels.stem).is_dir():  # SPEED's layout
        return SPEED_CAMERA
    raise DatasetError(f"{beside[1]}: expected the camera of these images, found none")


def _pose(entry: Mapping[str, Any], where: str) -> NDArray[np.float64] | None:
    field = next((field for field in QUATERNION_FIELDS if field in entry), None)
    if field is None and "r_Vo2To_vbs_true" not in entry:
        return None
    quaternion = numbers(entry, field or QUATERNION_FIELDS[0], 4, where)
    norm = float(np.linalg.norm(quaternion))
    if abs(norm - 1) > UNIT_TOLERANCE:
        raise DatasetError(f"{where}: {field}: expected a rotation (a unit quaternion), got one of length {norm:.4f}")
    translation = numbers(entry, "r_Vo2To_vbs_true", 3, where)
    check_in_front(translation, f"{where}: r_Vo2To_vbs_true")
    return make_transform(matrix_from_quaternion_xyzw(np.roll(quaternion, -1)), translation)


def _number(filename: str, path: Path) -> int:
    digits = re.search(r"\d+", filename)
    if digits is None:
        raise DatasetError(f"{path}: {filename}: filename: expected a number such as in img000001.jpg, found none")
    return int(digits[0])
