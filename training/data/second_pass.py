"""Training crops as the robot's second pass takes them: turned upright, and of one size."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from fpgnas_core.upright import upright_rolls
from training.data.crop_pixels import COORDINATES, MASK, OTHERS, PICTURE, CropPixels
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
Warps = NDArray[np.float64]


def rotations(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2, 2) that turn pictures x towards y by (N,) angles, radians."""
    cosines, sines = np.cos(angles), np.sin(angles)
    return np.stack([cosines, -sines, sines, cosines], axis=-1).reshape(-1, 2, 2)


def second_pass_warps(
    size: int, keypoints_px: NDArray[np.float32], rolls: NDArray[np.float64], fill: ArrayLike = CROP_FILL
) -> Warps:
    """(N, 2, 3): turned by `rolls`, the (N, K, 2) keypoints spanning the share `fill` of a crop, in its middle."""
    turns = rotations(rolls)
    turned = keypoints_px @ turns.transpose(0, 2, 1)
    low, high = turned.min(axis=1), turned.max(axis=1)
    zooms = np.asarray(fill) * size / np.maximum((high - low).max(axis=1), 1.0)
    shifts = (size - 1) / 2 - zooms[:, None] * (low + high) / 2
    return np.concatenate([zooms[:, None, None] * turns, shifts[:, :, None]], axis=2)


def zooms_of(warps: Warps) -> NDArray[np.float64]:
    """(N,): pixels of the result a pixel of the source."""
    found: NDArray[np.float64] = np.linalg.norm(warps[:, :, 0], axis=1)
    return found


def coarse_rolls(rng: np.random.Generator, crops: CropSet) -> NDArray[np.float64]:
    """(N,) rolls that would make the crops upright by what a first pass knows."""
    errors = Rotation.from_rotvec(np.radians(rng.normal(0, COARSE_ROTATION_DEG, (len(crops), 3)))).as_matrix()
    axes = np.array([model.upright_axis for model in crops.objects])[crops.object_index]
    centres = np.array([model.keypoints[0] for model in crops.objects])[crops.object_index]
    turns = crops.T_camera_object[:, :3, :3]
    seen = (turns @ centres[:, :, None])[..., 0] + crops.T_camera_object[:, :3, 3]
    return upright_rolls(seen, (errors @ turns @ axes[:, :, None])[..., 0])


def as_second_pass(crops: CropSet, seed: int) -> CropSet:
    """The crops whose object is large enough, as the second pass would take them, with poses and cameras that fit.

    A roll of the picture is one of the camera about its optical axis, where its two focal lengths are equal. Raises
    DatasetError where no crop is large enough.
    """
    size = crops.pixels.size
    warps = second_pass_warps(size, crops.keypoints_px, coarse_rolls(np.random.default_rng(seed), crops))
    chosen = np.flatnonzero(crops.is_shown & (zooms_of(warps) <= MOST_ZOOM))
    if not len(chosen):
        raise DatasetError(
            f"validation crops: expected some whose keypoints span {CROP_FILL * size / MOST_ZOOM:.0f} px or more, got"
            f" none of {len(crops)}; render larger ones (extent_px)"
        )
    kept, warps = crops.take(chosen), warps[chosen]
    zooms, linear = zooms_of(warps), warps[:, :, :2]
    turns = np.tile(np.eye(4), (len(kept), 1, 1))
    turns[:, :2, :2] = linear / zooms[:, None, None]
    middles = (linear @ kept.intrinsics[:, 2:, None])[..., 0] + warps[:, :, 2]
    return replace(
        kept,
        pixels=CropPixels.of(np.stack([_warped(p, w) for p, w in zip(kept.pixels.read(), warps, strict=True)])),
        keypoints_px=(kept.keypoints_px @ linear.transpose(0, 2, 1) + warps[:, None, :, 2]).astype(np.float32),
        T_camera_object=turns @ kept.T_camera_object,
        intrinsics=np.hstack([zooms[:, None] * kept.intrinsics[:, :2], middles]),
    )


def _warped(planes: NDArray[np.uint8], warp: NDArray[np.float64]) -> NDArray[np.uint8]:
    result, size = np.empty_like(planes), planes.shape[-2:]
    picture = planes[PICTURE].transpose(1, 2, 0)
    result[PICTURE] = cv2.warpAffine(picture, warp, size, borderValue=MEAN_COLOUR).transpose(2, 0, 1)
    result[MASK] = cv2.warpAffine(planes[MASK][0], warp, size)
    result[OTHERS] = cv2.warpAffine(planes[OTHERS][0], warp, size, flags=cv2.INTER_NEAREST)
    coordinates = planes[COORDINATES].transpose(1, 2, 0)
    result[COORDINATES] = cv2.warpAffine(coordinates, warp, size, flags=cv2.INTER_NEAREST).transpose(2, 0, 1)
    return result
