"""Training crops as the robot's second pass takes them: turned upright, and of one size."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from fpgnas_core.imaging import picture_rotation
from fpgnas_core.se3 import exp_rotation, transform_points
from fpgnas_core.upright import upright_roll
from training.data.crops import CropSet
from training.errors import DatasetError

MEAN_COLOUR = (124, 116, 104)
"""RGB; what the robot fills a crop with beyond the frame."""
CROP_FILL = 0.7
"""As the default of the export: the share of the second pass's crop that the keypoints span."""
MOST_ZOOM = 2.0
"""A picture enlarged more than this is too blurred to stand for a second pass."""
COARSE_ROTATION_DEG = 10.0
"""Standard deviation of the first pass's error about each axis."""
Warp = NDArray[np.float64]


def second_pass_warp(size: int, keypoints_px: NDArray[np.float32], roll: float, fill: float = CROP_FILL) -> Warp:
    """(2, 3): turned by `roll`, keypoints spanning the share `fill` of a size x size crop, in its middle."""
    turned = keypoints_px @ picture_rotation(roll).T
    low, high = turned.min(axis=0), turned.max(axis=0)
    zoom = fill * size / max(float((high - low).max()), 1.0)
    return np.column_stack([zoom * picture_rotation(roll), (size - 1) / 2 - zoom * (low + high) / 2])


def zoom_of(warp: Warp) -> float:
    """Pixels of the result a pixel of the source."""
    return float(np.linalg.norm(warp[:, 0]))


def coarse_roll(rng: np.random.Generator, crops: CropSet, index: int) -> float:
    """The roll that would make a crop upright by what a first pass knows."""
    model, pose = crops.objects[crops.object_index[index]], crops.T_camera_object[index]
    error = exp_rotation(np.radians(rng.normal(0, COARSE_ROTATION_DEG, 3)))
    axis = error @ pose[:3, :3] @ np.array(model.upright_axis)
    return upright_roll(transform_points(pose, model.keypoints[:1])[0], axis)


def as_second_pass(crops: CropSet, seed: int) -> CropSet:
    """The crops whose object is large enough, as the second pass would take them, with poses and cameras that fit.

    A roll of the picture is one of the camera about its optical axis, where its two focal lengths are equal. Raises
    DatasetError where no crop is large enough.
    """
    size, warps = crops.images.shape[1], []
    for index, keypoints_px in enumerate(crops.keypoints_px):
        roll = coarse_roll(np.random.default_rng([seed, index]), crops, index)
        warps.append(second_pass_warp(size, keypoints_px, roll))
    shown = crops.masks.any(axis=(1, 2))
    chosen = np.array([i for i, warp in enumerate(warps) if shown[i] and zoom_of(warp) <= MOST_ZOOM], np.int64)
    if not len(chosen):
        raise DatasetError(
            f"validation crops: expected some whose keypoints span {CROP_FILL * size / MOST_ZOOM:.0f} px or more, got"
            f" none of {len(crops)}; render larger ones (extent_px)"
        )
    kept, warps = crops.take(chosen), [warps[index] for index in chosen]
    return replace(
        kept,
        images=np.stack([_warped(image, warp) for image, warp in zip(kept.images, warps, strict=True)]),
        masks=np.stack([_warped(mask, warp) for mask, warp in zip(kept.masks, warps, strict=True)]),
        coordinates=np.stack(
            [_warped(part, warp, cv2.INTER_NEAREST) for part, warp in zip(kept.coordinates, warps, strict=True)]
        ),
        keypoints_px=np.stack([k @ w[:, :2].T + w[:, 2] for k, w in zip(kept.keypoints_px, warps, strict=True)]),
        T_camera_object=np.stack([_rolled(p, w) for p, w in zip(kept.T_camera_object, warps, strict=True)]),
        cameras=tuple(_camera(camera, warp, size) for camera, warp in zip(kept.cameras, warps, strict=True)),
    )


def _warped(picture: NDArray[np.uint8], warp: Warp, interpolation: int = cv2.INTER_LINEAR) -> NDArray[np.uint8]:
    fill = MEAN_COLOUR if interpolation == cv2.INTER_LINEAR and picture.ndim == 3 else (0, 0, 0)
    return np.asarray(
        cv2.warpAffine(picture, warp, picture.shape[1::-1], flags=interpolation, borderValue=fill), np.uint8
    )


def _rolled(pose: NDArray[np.float64], warp: Warp) -> NDArray[np.float64]:
    turn = np.eye(4)
    turn[:2, :2] = warp[:, :2] / zoom_of(warp)
    return turn @ pose


def _camera(camera: Camera, warp: Warp, size: int) -> Camera:
    cx, cy = warp[:, :2] @ [camera.cx, camera.cy] + warp[:, 2]
    zoom = zoom_of(warp)
    return Camera(zoom * camera.fx, zoom * camera.fy, float(cx), float(cy), size, size)
