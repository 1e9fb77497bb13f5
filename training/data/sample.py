"""One annotated photograph, whatever data set it comes from: metres, pixels, OpenCV's optical frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.errors import DatasetError


@dataclass(frozen=True, eq=False)
class Annotation:
    """One object in one image."""

    object_id: int
    T_camera_object: NDArray[np.float64]
    """(4, 4), metres."""
    visible_fraction: float | None = None
    """Visible share of the silhouette, 0 to 1; None where the data set does not say."""
    bbox_obj: tuple[float, float, float, float] | None = None
    """x, y, width, height of the whole silhouette, pixels."""
    mask_visible_path: Path | None = None

    def load_mask_visible(self) -> NDArray[np.bool_]:
        """(H, W), true on the visible part of the object. Raises DatasetError."""
        if self.mask_visible_path is None:
            raise DatasetError(
                f"object {self.object_id}: expected a mask of its visible part, got none in this data set"
            )
        return np.asarray(_read_image(self.mask_visible_path, cv2.IMREAD_GRAYSCALE) > 0)


@dataclass(frozen=True, eq=False)
class Sample:
    """An image with its camera and its objects; pictures are read when asked for."""

    scene_id: int
    image_id: int
    image_path: Path
    camera: Camera
    annotations: tuple[Annotation, ...]
    depth_path: Path | None = None
    depth_scale_mm: float = 1.0
    """Millimetres of one unit of the depth image."""

    def load_image(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR. Raises DatasetError for an unreadable file or one not of the camera's size."""
        image = _read_image(self.image_path, cv2.IMREAD_COLOR)
        self._check_size(self.image_path, image)
        return image.astype(np.uint8, copy=False)

    def load_depth(self) -> NDArray[np.float32]:
        """(H, W) metres along the optical axis, 0 where nothing was measured. Raises DatasetError."""
        if self.depth_path is None:
            raise DatasetError(f"{self.image_path}: expected a depth image beside it, got none in this data set")
        depth = _read_image(self.depth_path, cv2.IMREAD_UNCHANGED)
        self._check_size(self.depth_path, depth)
        return np.asarray(depth * (self.depth_scale_mm / 1000), np.float32)

    def _check_size(self, path: Path, image: NDArray[np.uint8 | np.uint16]) -> None:
        expected, got = (self.camera.height, self.camera.width), image.shape[:2]
        if got != expected:
            raise DatasetError(
                f"{path}: expected {expected[1]}x{expected[0]} px as its camera has, got {got[1]}x{got[0]}"
            )


def _read_image(path: Path, flags: int) -> NDArray[np.uint8 | np.uint16]:
    image = cv2.imread(str(path), flags)
    if image is None:
        raise DatasetError(f"{path}: expected an image, got {'an unreadable' if path.is_file() else 'no'} file")
    return np.asarray(image)
