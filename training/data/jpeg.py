"""What JPEG leaves of pictures, on any device: transform, tables and rounding of ITU-T T.81, no entropy code."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

BRIGHTNESS_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
COLOUR_TABLE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
FROM_RGB = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def compress(pictures: Tensor, qualities: Tensor) -> Tensor:
    """(N, 3, S, S) RGB, 0 to 255, S a multiple of 16, as JPEG of (N,) qualities, 1 to 100, leaves it (4:2:0)."""
    to_rgb = torch.tensor(FROM_RGB, dtype=torch.float64).inverse().to(pictures)
    parts = torch.einsum("ij,njyx->niyx", pictures.new_tensor(FROM_RGB), pictures)
    scales = torch.where(qualities < 50, 5000 / qualities, 200 - 2 * qualities)  # as libjpeg's quality
    brightness = _quantised(parts[:, :1] - 128, _tables(BRIGHTNESS_TABLE, scales)) + 128
    colour = _quantised(functional.avg_pool2d(parts[:, 1:], 2), _tables(COLOUR_TABLE, scales))
    colour = functional.interpolate(colour, scale_factor=2, mode="bilinear", align_corners=False)
    return torch.einsum("ij,njyx->niyx", to_rgb, torch.cat([brightness, colour], dim=1)).clamp(0, 255)


def _tables(table: tuple[tuple[int, ...], ...], scales: Tensor) -> Tensor:
    """(N, 8, 8) steps."""
    steps = torch.floor((scales.new_tensor(table) * scales[:, None, None] + 50) / 100)
    return steps.clamp(1, 255)


def _quantised(planes: Tensor, tables: Tensor) -> Tensor:
    """(N, C, H, W) after rounding the cosine transform of its 8 x 8 blocks to multiples of the (N, 8, 8) tables."""
    count, channels, height, width = planes.shape
    cosines = _cosines(planes)
    blocks = planes.reshape(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    steps = tables[:, None, None, None]
    rounded = torch.round(cosines @ blocks @ cosines.T / steps) * steps
    return (cosines.T @ rounded @ cosines).transpose(3, 4).reshape(planes.shape)


def _cosines(like: Tensor) -> Tensor:
    """(8, 8), orthonormal: frequency by place."""
    places = torch.arange(8, device=like.device, dtype=like.dtype)
    waves = torch.cos((2 * places + 1) * places[:, None] * math.pi / 16) / 2
    waves[0] /= math.sqrt(2)
    return waves
