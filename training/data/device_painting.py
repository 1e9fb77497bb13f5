"""Changes done to the pixels of a whole batch at once, by tensors: where an accelerator trains, it also augments."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.data import jpeg
from training.data.augmentation import NO_BLUR, REFLECTED, REPEATED, Changes
from training.data.crop_pixels import MASK, OTHERS, PICTURE
from training.data.second_pass import MEAN_COLOUR, Warps
from training.rendering.sensor import DEFOCUS, LOW_RESOLUTION, motion_kernel

GREY = (0.299, 0.587, 0.114)
KERNEL = 9


def paint(planes: Tensor, changes: Changes, generator: torch.Generator | None) -> Tensor:
    """(N, PLANES, S, S) float32, 0 to 255: the crops, uint8, after the changes, which are `painting`'s but for noise.

    generator: of the noise, on the device of the planes; None: the device's own.
    """
    found = warp(planes.float(), changes.warps, changes.borders)
    picture = found[:, PICTURE]
    _cover(found, changes)
    grey = (picture * planes.new_tensor(GREY, dtype=torch.float32)[:, None, None]).sum(1, keepdim=True)
    saturations = _tensor(changes.saturations, picture)[:, None, None, None]
    picture = _expose(torch.lerp(grey, picture, saturations).clamp(0, 255), changes)
    _blur(picture, changes)
    picture = _add_noise(picture, changes, generator)
    pressed = _places(changes.qualities > 0, planes)
    picture[pressed] = jpeg.compress(picture[pressed], _tensor(changes.qualities[changes.qualities > 0], picture))
    return torch.cat([picture.round(), found[:, PICTURE.stop :]], dim=1)


def warp(planes: Tensor, warps: Warps, borders: NDArray[np.int64]) -> Tensor:
    """(N, PLANES, S, S) float32, pixel centres at integers; mask and coordinates have nothing beyond the border."""
    size = planes.shape[-1]
    sources = _source_pixels(warps, size, planes)
    mean = planes.new_tensor(MEAN_COLOUR)[:, None, None]
    inside = _within(sources, borders, size)
    picture = _sampled(planes[:, PICTURE] - mean, inside, "bilinear") + mean
    mask = _sampled(planes[:, MASK], sources, "bilinear")
    return torch.cat([picture, mask, _sampled(planes[:, MASK.stop :], sources, "nearest")], dim=1)


def _source_pixels(warps: Warps, size: int, like: Tensor) -> Tensor:
    """(N, S, S, 2): where each pixel of the result lies in the source, x and y."""
    back = np.linalg.inv(warps[:, :, :2])
    shifts = -(back @ warps[:, :, 2:])[..., 0]
    ramp = torch.arange(size, device=like.device, dtype=like.dtype)
    rows, columns = torch.meshgrid(ramp, ramp, indexing="ij")
    pixels = torch.stack([columns, rows], dim=-1)
    return torch.einsum("nij,yxj->nyxi", _tensor(back, like), pixels) + _tensor(shifts, like)[:, None, None]


def _within(sources: Tensor, borders: NDArray[np.int64], size: int) -> Tensor:
    """Places beyond the border at those that the kind of border shows there."""
    kinds = torch.from_numpy(borders).to(sources.device)[:, None, None, None]
    folded = size - 1 - (torch.remainder(sources, 2 * (size - 1)) - (size - 1)).abs()
    found = torch.where(kinds == REFLECTED, folded, sources)
    return torch.where(kinds == REPEATED, found.clamp(0, size - 1), found)


def _sampled(planes: Tensor, pixels: Tensor, mode: str) -> Tensor:
    """Zero outside; with corners aligned, -1 and 1 are the centres of the first and the last pixel."""
    grid = pixels * (2 / (planes.shape[-1] - 1)) - 1
    return functional.grid_sample(planes, grid, mode=mode, padding_mode="zeros", align_corners=True)


def _cover(planes: Tensor, changes: Changes) -> None:
    """In place."""
    ramp = torch.arange(planes.shape[-1], device=planes.device)
    for number in range(changes.covers.shape[1]):
        covered = changes.covers[:, number, 2] > 0
        places = _places(covered, planes)
        x, y, width, height = _tensor(changes.covers[covered, number], planes).T[:, :, None]
        rows, columns = (ramp >= y) & (ramp < y + height), (ramp >= x) & (ramp < x + width)
        inside = (rows[:, :, None] & columns[:, None])[:, None]
        before = planes[places]
        mirrors = _tensor(changes.cover_mirrors[covered, number], planes).bool()[:, None, None, None]
        colours = _tensor(changes.cover_colours[covered, number], planes)[:, :, None, None]
        picture = before[:, PICTURE]
        planes[places, PICTURE] = torch.where(inside, torch.where(mirrors, picture.flip(2, 3), colours), picture)
        for plane in (MASK, OTHERS):
            planes[places, plane] = before[:, plane] * ~inside


def _expose(picture: Tensor, changes: Changes) -> Tensor:
    gains, gammas, offsets = (
        _tensor(part, picture).view(len(picture), -1, 1, 1) for part in (changes.gains, changes.gammas, changes.offsets)
    )
    return ((picture.clamp_min(0) / 255).pow(gammas) * gains * 255 + offsets).clamp(0, 255)


def _blur(picture: Tensor, changes: Changes) -> None:
    """In place."""
    shrunk = changes.blur_kinds == LOW_RESOLUTION
    places = _places(shrunk, picture)
    resampling = _resampling(_tensor(changes.blur_amounts[shrunk], picture), picture.shape[-1])[:, None]
    picture[places] = resampling @ picture[places] @ resampling.transpose(2, 3)
    smeared = (changes.blur_kinds != LOW_RESOLUTION) & (changes.blur_kinds != NO_BLUR)
    if smeared.any():
        places = _places(smeared, picture)
        kernels = _tensor(np.stack([_kernel(changes, index) for index in np.flatnonzero(smeared)]), picture)
        picture[places] = _filtered(picture[places], kernels)


def _resampling(factors: Tensor, size: int) -> Tensor:
    """(n, S, S): a row shrunk by (n,) factors to whole pixels by area, and enlarged again by linear interpolation."""
    small = torch.round(size / factors)[:, None, None]
    step, ramp = size / small, torch.arange(size, device=factors.device, dtype=factors.dtype)
    first = ramp[:, None] * step
    overlap = torch.minimum(first + step, ramp + 1) - torch.maximum(first, ramp)
    area = overlap.clamp_min(0) / step  # rows beyond `small` lie beyond the picture
    place = ((ramp[:, None] + 0.5) * small / size - 0.5).clamp_min(0).minimum(small - 1)
    return (1 - (place - ramp).abs()).clamp_min(0) @ area


def _kernel(changes: Changes, index: int) -> NDArray[np.float32]:
    amount = changes.blur_amounts[index]
    if changes.blur_kinds[index] != DEFOCUS:
        return motion_kernel(amount, changes.blur_angles[index])
    bell = np.exp(-0.5 * (np.arange(KERNEL) - KERNEL // 2) ** 2 / amount**2)
    return np.asarray(np.outer(bell, bell) / bell.sum() ** 2, np.float32)


def _filtered(pictures: Tensor, kernels: Tensor) -> Tensor:
    """(n, 3, S, S), each picture correlated with its own (9, 9) kernel."""
    count, channels, size, _ = pictures.shape
    padded = functional.pad(pictures, (KERNEL // 2,) * 4, mode="reflect")
    weights = kernels[:, None].expand(-1, channels, -1, -1).reshape(-1, 1, KERNEL, KERNEL)
    found = functional.conv2d(padded.view(1, count * channels, *padded.shape[2:]), weights, groups=count * channels)
    return found.view(count, channels, size, size)


def _add_noise(picture: Tensor, changes: Changes, generator: torch.Generator | None) -> Tensor:
    noise = torch.randn(picture.shape, generator=generator, device=picture.device)
    coarse = _places(changes.noise_coarse, picture)
    noise[coarse] = 2 * functional.avg_pool2d(functional.pad(noise[coarse], (1, 0, 1, 0), mode="reflect"), 2, 1)
    sigmas = _tensor(changes.noise_sigmas, picture)[:, None, None, None]
    return (picture + noise * sigmas * (0.25 + 1.5 / 255 * picture).sqrt()).clamp(0, 255)


def _places(chosen: NDArray[np.bool_], like: Tensor) -> Tensor:
    """The chosen crops' places, counted here: a mask of the device would have to be waited for."""
    return torch.from_numpy(np.flatnonzero(chosen)).to(like.device, non_blocking=True)


def _tensor(values: NDArray[np.generic], like: Tensor) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32)).to(like.device, non_blocking=True)
