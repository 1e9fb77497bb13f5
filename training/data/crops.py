"""Training crops in memory: pictures, masks of the visible object, and keypoint projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import transform_points
from training.data.bop import read_split
from training.data.objects import object_models
from training.data.sample import Annotation, Sample
from training.errors import DatasetError


@dataclass(frozen=True, eq=False)
class CropSet:
    """N square crops with one annotated object each, or with none: then the mask is empty and the pose without meaning.

    images: (N, S, S, 3) uint8 RGB.  masks: (N, S, S) uint8, 255 on the visible object.  keypoints_px: (N, K, 2)
    float32.  coordinates: (N, S, S, 3) uint8, the visible surface's place in the object's box, 0 to 255 from its lowest to
    its highest corner.  object_index: (N,) place in `objects`.  T_camera_object: (N, 4, 4), metres.
    """

    objects: tuple[ObjectModel, ...]
    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    coordinates: NDArray[np.uint8]
    keypoints_px: NDArray[np.float32]
    object_index: NDArray[np.int64]
    T_camera_object: NDArray[np.float64]
    cameras: tuple[Camera, ...]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: NDArray[np.int64]) -> CropSet:
        """The crops at these places."""
        return replace(
            self,
            images=self.images[indices],
            masks=self.masks[indices],
            coordinates=self.coordinates[indices],
            keypoints_px=self.keypoints_px[indices],
            object_index=self.object_index[indices],
            T_camera_object=self.T_camera_object[indices],
            cameras=tuple(self.cameras[i] for i in indices),
        )

    def first(self, count: int) -> CropSet:
        """The first `count` crops, or all where there are fewer."""
        return self.take(np.arange(min(count, len(self))))


def load_crops(dataset: str, splits: Sequence[str], n_keypoints: int, size: int, most: int = 0) -> CropSet:
    """Read splits of crops into memory; most: 0 for all. Raises DatasetError where an image is no size x size crop."""
    objects = object_models(Path(dataset), n_keypoints)
    samples = [sample for split in splits for sample in read_split(Path(dataset), split)]
    samples = samples[: most or len(samples)]
    images = np.empty((len(samples), size, size, 3), np.uint8)
    masks = np.empty((len(samples), size, size), np.uint8)
    coordinates = np.empty((len(samples), size, size, 3), np.uint8)
    annotations = [_only_annotation(sample, size, objects[0]) for sample in samples]
    places = {model.object_id: place for place, model in enumerate(objects)}
    object_index = np.array([places[annotation.object_id] for annotation in annotations])
    for index, sample in enumerate(tqdm(samples, desc=f"load {' + '.join(splits)}", unit="crop")):
        images[index] = cv2.cvtColor(sample.load_image(), cv2.COLOR_BGR2RGB)
        masks[index] = annotations[index].load_mask_visible() * np.uint8(255) if sample.annotations else 0
        coordinates[index] = surface_coordinates(sample, annotations[index], objects[object_index[index]])
    projections = [
        sample.camera.project(transform_points(annotation.T_camera_object, objects[place].keypoints))
        for sample, annotation, place in zip(samples, annotations, object_index, strict=True)
    ]
    return CropSet(
        objects,
        images,
        masks,
        coordinates,
        np.array(projections, np.float32),
        object_index,
        np.array([annotation.T_camera_object for annotation in annotations]),
        tuple(sample.camera for sample in samples),
    )


def surface_coordinates(sample: Sample, annotation: Annotation, model: ObjectModel) -> NDArray[np.uint8]:
    """(H, W, 3): what each pixel's depth says of the place in the object's box, 0 to 255. Raises DatasetError."""
    camera, depth = sample.camera, sample.load_depth()
    columns = (np.arange(camera.width) - camera.cx) / camera.fx
    rows = (np.arange(camera.height) - camera.cy) / camera.fy
    points = np.stack([columns[None] * depth, rows[:, None] * depth, depth], axis=-1)
    pose = annotation.T_camera_object
    places = (points - pose[:3, 3]) @ pose[:3, :3]
    share = (places - np.array(model.box_center)) / np.array(model.box_size) + 0.5
    return (share * 255).clip(0, 255).astype(np.uint8)


def _only_annotation(sample: Sample, size: int, stand_in: ObjectModel) -> Annotation:
    """The object of a crop; in a crop without one, `stand_in` at one metre in front of the camera."""
    if (sample.camera.width, sample.camera.height) != (size, size):
        got = f"{sample.camera.width}x{sample.camera.height}"
        raise DatasetError(f"{sample.image_path}: expected a training crop of {size}x{size} px, got {got} px")
    if len(sample.annotations) > 1:
        raise DatasetError(f"{sample.image_path}: expected one object a crop, got {len(sample.annotations)}")
    nowhere = np.diag([1.0, 1.0, 1.0, 1.0])
    nowhere[2, 3] = 1.0
    return sample.annotations[0] if sample.annotations else Annotation(stand_in.object_id, nowhere)
