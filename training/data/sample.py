"""One annotated photograph, whatever data set it comes from: metres, pixels, OpenCV's optical frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.data.pictures import check_size, read_colour, read_depth, read_mask
from training.errors import DatasetError

ImageReader = Callable[[], NDArray[np.uint8]]
MaskReader = Callable[[], NDArray[np.bool_]]
DepthReader = Callable[[], NDArray[np.uint16]]


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
    mask_path: Path | None = None
    """Mask of the whole silhouette, hidden parts too."""
    mask_visible_reader: MaskReader | None = None
    """Gives the mask where it is no file of its own."""
    mask_reader: MaskReader | None = None

    @property
    def has_mask_visible(self) -> bool:
        """Whether `load_mask_visible` has something to load."""
        return self.mask_visible_reader is not None or self.mask_visible_path is not None

    def load_mask_visible(self) -> NDArray[np.bool_]:
        """(H, W), true on the visible part of the object. Raises DatasetError."""
        return self._load(self.mask_visible_reader, self.mask_visible_path, "of its visible part")

    def load_mask(self) -> NDArray[np.bool_]:
        """(H, W), true on the whole silhouette, hidden parts too. Raises DatasetError."""
        return self._load(self.mask_reader, self.mask_path, "of its silhouette")

    def _load(self, reader: MaskReader | None, path: Path | None, what: str) -> NDArray[np.bool_]:
        if reader is not None:
            return reader()
        if path is None:
            raise DatasetError(f"object {self.object_id}: expected a mask {what}, got none in this data set")
        return read_mask(path)


@dataclass(frozen=True, eq=False)
class Sample:
    """An image with its camera and its objects; pictures are read when asked for."""

    scene_id: int
    image_id: int
    image_path: Path
    """The file, or where there is none, the name of the entry in its tar file or recording."""
    camera: Camera
    annotations: tuple[Annotation, ...]
    depth_path: Path | None = None
    depth_scale_mm: float = 1.0
    """Millimetres of one unit of the depth image."""
    image_reader: ImageReader | None = None
    """Gives the (H, W, 3) BGR image where it is no file of its own."""
    depth_reader: DepthReader | None = None

    @property
    def has_depth(self) -> bool:
        """Whether `load_depth` has something to load."""
        return self.depth_path is not None

    def load_image(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR. Raises DatasetError for an unreadable file or one not of the camera's size."""
        image = read_colour(self.image_path) if self.image_reader is None else self.image_reader()
        check_size(self.image_path, image, self.camera)
        return image

    def load_depth(self) -> NDArray[np.float32]:
        """(H, W) metres along the optical axis, 0 where nothing was measured. Raises DatasetError."""
        if self.depth_path is None:
            raise DatasetError(f"{self.image_path}: expected a depth image beside it, got none in this data set")
        depth = read_depth(self.depth_path) if self.depth_reader is None else self.depth_reader()
        check_size(self.depth_path, depth, self.camera)
        return np.asarray(depth * (self.depth_scale_mm / 1000), np.float32)

    def load_mask_visible(self, annotation: Annotation) -> NDArray[np.bool_]:
        """(H, W) mask of one of `annotations`, checked to be of the camera's size. Raises DatasetError."""
        mask = annotation.load_mask_visible()
        place = self.annotations.index(annotation)
        check_size(annotation.mask_visible_path or f"{self.image_path}: mask of object {place}", mask, self.camera)
        return mask
