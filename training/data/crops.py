"""Training crops: pixels mapped into memory, and what is known of the object in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from training.data.crop_cache import open_split
from training.data.crop_pixels import CropPixels
from training.data.objects import object_models


@dataclass(frozen=True, eq=False)
class CropSet:
    """N square crops with one object each, or with none: then all that is said of it is without meaning.

    is_shown: (N,).  keypoints_px: (N, K, 2) float32.  object_index: (N,) place in `objects`.
    T_camera_object: (N, 4, 4), metres.  intrinsics: (N, 4) fx, fy, cx, cy, pixels.
    dataset: the folder with the objects' meshes.
    """

    objects: tuple[ObjectModel, ...]
    pixels: CropPixels
    is_shown: NDArray[np.bool_]
    keypoints_px: NDArray[np.float32]
    object_index: NDArray[np.int64]
    T_camera_object: NDArray[np.float64]
    intrinsics: NDArray[np.float64]
    dataset: Path

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, indices: NDArray[np.int64]) -> CropSet:
        """The crops at these places; pixels are not read."""
        return replace(
            self,
            pixels=self.pixels.take(indices),
            is_shown=self.is_shown[indices],
            keypoints_px=self.keypoints_px[indices],
            object_index=self.object_index[indices],
            T_camera_object=self.T_camera_object[indices],
            intrinsics=self.intrinsics[indices],
        )

    def first(self, count: int) -> CropSet:
        """The first `count` crops, or all where there are fewer."""
        return self.take(np.arange(min(count, len(self))))

    def camera(self, index: int) -> Camera:
        """The camera of one crop."""
        return Camera(*self.intrinsics[index].tolist(), self.pixels.size, self.pixels.size)


def load_crops(dataset: str, splits: Sequence[str], n_keypoints: int, size: int, most: int = 0) -> CropSet:
    """The crops of the splits in their order, most: 0 for all. Raises DatasetError as `open_split` does."""
    objects = object_models(Path(dataset), n_keypoints)
    parts = [open_split(Path(dataset), split, size) for split in splits]
    labels = np.concatenate([part.labels for part in parts])
    places = {model.object_id: place for place, model in enumerate(objects)}
    object_index = np.array([places[object_id] for object_id in labels["object_id"].tolist()])
    poses, intrinsics = labels["T_camera_object"], labels["intrinsics"]
    keypoints = np.array([model.keypoints for model in objects])[object_index]
    crops = CropSet(
        objects,
        CropPixels.of(*(part.pixels for part in parts)),
        labels["is_shown"],
        project(keypoints, poses, intrinsics).astype(np.float32),
        object_index,
        poses,
        intrinsics,
        Path(dataset),
    )
    return crops.first(most) if most else crops


def project(
    points: NDArray[np.float64], poses: NDArray[np.float64], intrinsics: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N, P, 2) pixels of (N, P, 3) points of the object frame, metres, by cameras without distortion."""
    seen = points @ poses[:, :3, :3].transpose(0, 2, 1) + poses[:, None, :3, 3]
    pixels: NDArray[np.float64] = seen[..., :2] / seen[..., 2:] * intrinsics[:, None, :2] + intrinsics[:, None, 2:]
    return pixels
