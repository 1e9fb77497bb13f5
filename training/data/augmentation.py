"""Augmentation of training crops: what happens to each is drawn here, for a batch at once; `painting` does it.

A similarity warp of a picture is a camera roll, zoom and shift, so labels stay exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.data.crops import CropSet
from training.data.second_pass import CROP_FILL, MOST_ZOOM, Warps, coarse_rolls, rotations, second_pass_warps, zooms_of
from training.rendering.sensor import NORMAL_TABLE, blur_amount

OFF_CENTRE = 0.25
"""Sides of the crop; an object farther from its middle is left there."""
REFLECTED, REPEATED, MEAN_COLOURED = range(3)
"""What lies beyond the border of a picture: its mirror image, its last pixels, or the mean colour."""
NO_BLUR = -1
MOST_COVERS = 3
COLOURED, MID_GREY = 0.8, 110.0


class Looks(NamedTuple):
    """Which of the robot's two passes crops are taken as, and how freely they are coloured."""

    second_pass: float = 0.8
    """Share taken as by the second pass; the others as by the first."""
    upright: float = 0.9
    """Share of those that are turned upright; in the others the first pass was wrong about the roll."""
    most_roll: float = np.pi
    """By which crops as the first pass sees them are turned, radians; pi is any roll."""
    colours: float = 0.0
    """Strength, 0 to 1, of changes of contrast, brightness and colour beyond what exposure makes of a scene."""


USUAL_LOOKS = Looks()


class Changes(NamedTuple):
    """What augmentation does to N crops, in this order.

    warps: (N, 2, 3), source to result.  borders: (N,).  covers: (N, MOST_COVERS, 4) x, y, width, height of rectangles,
    pixels, no width for none; each of its `cover_colours`: (N, MOST_COVERS, 3) RGB, or where `cover_mirrors`, of the
    same shape less one, of the mirrored picture.  saturations: (N,), 0 without colour, 1 as they are.  gains: (N, 3),
    gammas: (N,), offsets: (N, 3) as `sensor.expose` takes them.  blur_kinds: (N,), or NO_BLUR, blur_amounts,
    blur_angles: (N,).  noise_sigmas: (N,), grey levels; noise_coarse: (N,); noise_starts: (N,), as
    `sensor.normal_stretch` takes them.  qualities: (N,) of JPEG, 0 for none.
    """

    warps: Warps
    borders: NDArray[np.int64]
    covers: NDArray[np.int64]
    cover_colours: NDArray[np.int64]
    cover_mirrors: NDArray[np.bool_]
    saturations: NDArray[np.float64]
    gains: NDArray[np.float64]
    gammas: NDArray[np.float64]
    offsets: NDArray[np.float64]
    blur_kinds: NDArray[np.int64]
    blur_amounts: NDArray[np.float64]
    blur_angles: NDArray[np.float64]
    noise_sigmas: NDArray[np.float64]
    noise_coarse: NDArray[np.bool_]
    noise_starts: NDArray[np.int64]
    qualities: NDArray[np.int64]

    def take(self, chosen: slice) -> Changes:
        """Those of some of the crops."""
        return Changes(*(part[chosen] for part in self))


def draw_changes(rng: np.random.Generator, crops: CropSet, strength: float, looks: Looks = USUAL_LOOKS) -> Changes:
    """Random changes of all of these crops. strength: of exposure, blur and noise, 0 to 1."""
    count, size = len(crops), crops.pixels.size
    covers, colours, mirrors = _draw_covers(rng, count, size)
    seen = rng.random(count) < 0.8 * (strength > 0)  # the others are as a perfect camera sees them
    gains = rng.normal(0, 0.22, (count, 1)) + rng.normal(0, 0.09, (count, 3))
    kinds = np.where(seen & (rng.random(count) < 0.6 * strength), rng.integers(3, size=count), NO_BLUR)
    shares = rng.random(count)
    changes = Changes(
        warps=random_warps(rng, crops, looks),
        borders=rng.integers(3, size=count),
        covers=covers,
        cover_colours=colours,
        cover_mirrors=mirrors,
        saturations=np.where(rng.random(count) < 0.05, 0.0, 1.0),
        gains=np.exp(seen[:, None] * strength * gains),
        gammas=np.exp(seen * strength * rng.normal(0, 0.18, count)),
        offsets=np.repeat(seen[:, None] * strength * rng.normal(0, 10, (count, 1)), 3, axis=1),
        blur_kinds=kinds,
        blur_amounts=np.array([blur_amount(kind, share, strength) for kind, share in zip(kinds, shares, strict=True)]),
        blur_angles=rng.uniform(0, np.pi, count),
        noise_sigmas=seen * strength * rng.gamma(2.0, 2.2, count),
        noise_coarse=rng.random(count) < 0.5,
        noise_starts=rng.integers(len(NORMAL_TABLE) - 3 * size**2, size=count),
        qualities=np.where(seen & (rng.random(count) < 0.4), rng.integers(45, 96, count), 0),
    )
    return _recoloured(rng, changes, looks.colours)


def _recoloured(rng: np.random.Generator, changes: Changes, strength: float) -> Changes:
    """Other contrasts, brightnesses and saturations on COLOURED of the crops, some of each channel.

    Of the kind that CosyPose trains with on renders for photographs (Labbe et al. 2020).
    """
    count = len(changes.gains)
    strengths = strength * (rng.random((count, 1)) < COLOURED)
    contrasts = np.exp(strengths * (rng.normal(0, 0.35, (count, 1)) + rng.normal(0, 0.12, (count, 3))))
    brightnesses = np.exp(strengths * (rng.normal(0, 0.25, (count, 1)) + rng.normal(0, 0.12, (count, 3))))
    saturations = np.exp(strengths[:, 0] * rng.normal(0, 0.5, count))
    return changes._replace(
        saturations=changes.saturations * saturations,
        gains=changes.gains * brightnesses * contrasts,
        offsets=MID_GREY + contrasts * (changes.offsets - MID_GREY),
    )


def random_warps(rng: np.random.Generator, crops: CropSet, looks: Looks = USUAL_LOOKS) -> Warps:
    """(N, 2, 3): `similarities` of crops that show an object, `surroundings` of the others."""
    size = crops.pixels.size
    shown = similarities(rng, size, crops.keypoints_px, coarse_rolls(rng, crops), looks)
    return np.where(crops.is_shown[:, None, None], shown, surroundings(rng, size, len(crops), looks.most_roll))


def surroundings(rng: np.random.Generator, size: int, count: int, most_roll: float = np.pi) -> Warps:
    """(count, 2, 3) random warps about a crop's middle, from what the first pass sees to the second's view of it."""
    middles = np.full((count, 2), (size - 1) / 2)
    return _first_looks(rng, size, middles, np.log(MOST_ZOOM), most_roll)


def similarities(
    rng: np.random.Generator,
    size: int,
    keypoints_px: NDArray[np.float32],
    rolls: NDArray[np.float64],
    looks: Looks = USUAL_LOOKS,
) -> Warps:
    """(N, 2, 3) random warps of size x size crops: a roll, a zoom and a shift, of one of two kinds.

    Mostly as the second pass sees an object: turned by `rolls`, its keypoints, (N, K, 2), spanning about CROP_FILL of
    the crop, near its centre. Otherwise, and where that would enlarge the picture too much or show too much of its
    border, as the first pass sees it: turned, near the size and the place that it was rendered with.
    """
    count = len(rolls)
    angles = np.where(rng.random(count) < looks.upright, rolls, rng.uniform(0, 2 * np.pi, count))
    near = second_pass_warps(size, keypoints_px, angles, CROP_FILL * np.exp(rng.normal(0, 0.1, count)))
    anchors = (keypoints_px.min(axis=1) + keypoints_px.max(axis=1)) / 2
    is_central = np.abs(anchors - (size - 1) / 2).max(axis=1) <= OFF_CENTRE * size
    is_near = (rng.random(count) < looks.second_pass) & (zooms_of(near) <= MOST_ZOOM) & is_central
    near[:, :, 2] += rng.normal(0, 0.04 * size, (count, 2))
    return np.where(is_near[:, None, None], near, _first_looks(rng, size, anchors, 0.22, looks.most_roll))


def _first_looks(
    rng: np.random.Generator, size: int, anchors: NDArray[np.floating], most_log_zoom: float, most_roll: float
) -> Warps:
    """(N, 2, 3): a roll, a zoom, and a small shift of the points `anchors`, (N, 2) pixels."""
    count = len(anchors)
    zooms = np.exp(rng.uniform(-0.22, most_log_zoom, count))
    linear = zooms[:, None, None] * rotations(rng.uniform(-most_roll, most_roll, count))
    shifts = anchors + rng.uniform(-0.12, 0.12, (count, 2)) * size - (linear @ anchors[:, :, None])[..., 0]
    return np.concatenate([linear, shifts[:, :, None]], axis=2)


def _draw_covers(
    rng: np.random.Generator, count: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """One to MOST_COVERS rectangles on three tenths of the crops."""
    extents = (rng.uniform(0.08, 0.3, (count, MOST_COVERS, 2)) * size).astype(np.int64)
    corners = (rng.uniform(0, 1, (count, MOST_COVERS, 2)) * (size - extents)).astype(np.int64)
    numbers = np.where(rng.random(count) < 0.3, rng.integers(1, MOST_COVERS + 1, count), 0)
    extents[np.arange(MOST_COVERS) >= numbers[:, None]] = 0
    colours = rng.integers(0, 256, (count, MOST_COVERS, 3))
    return np.concatenate([corners, extents], axis=2), colours, rng.random((count, MOST_COVERS)) >= 0.5
