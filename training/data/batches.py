"""Batches of augmented crops, fixed by the seed and the step alone, so that a resumed run sees what an unbroken one sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from training.data.augmentation import augment
from training.data.crops import CropSet
from training.learning.loss import Targets

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
Draw = tuple[int, int]


class Batch(NamedTuple):
    """images: (N, 3, S, S) float32, normalised RGB."""

    images: Tensor
    targets: Targets


class _AugmentedCrops(Dataset[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], int]]):
    def __init__(self, crops: CropSet, seed: int, strength: float) -> None:
        self.crops, self.seed, self.strength = crops, seed, strength

    def __getitem__(self, draw: Draw) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], int]:
        index, number = draw
        crops, rng = self.crops, np.random.default_rng([self.seed, number])
        picture, mask, keypoints_px = augment(
            rng, crops.images[index], crops.masks[index], crops.keypoints_px[index], self.strength
        )
        return picture, mask, keypoints_px, int(crops.object_index[index])


class _Draws(Sampler[list[Draw]]):
    """Lists of (crop, number of the draw); each epoch a permutation of its own."""

    def __init__(self, crops: int, batch_size: int, seed: int, first_step: int, steps: int) -> None:
        self.crops, self.batch_size, self.seed = crops, batch_size, seed
        self.first_step, self.steps = first_step, steps

    def __len__(self) -> int:
        return self.steps - self.first_step

    def __iter__(self) -> Iterator[list[Draw]]:
        epoch, order = -1, np.zeros(0, int)
        for step in range(self.first_step, self.steps):
            draws = []
            for number in range(step * self.batch_size, (step + 1) * self.batch_size):
                if number // self.crops != epoch:
                    epoch = number // self.crops
                    order = np.random.default_rng([self.seed, 7, epoch]).permutation(self.crops)
                draws.append((int(order[number % self.crops]), number))
            yield draws


def augmented_batches(
    crops: CropSet, batch_size: int, seed: int, strength: float, first_step: int, steps: int
) -> Iterator[Batch]:
    """Batches of steps first_step to steps - 1. strength: of exposure, blur and noise, 0 to 1."""
    loader = DataLoader(
        _AugmentedCrops(crops, seed, strength),
        batch_sampler=_Draws(len(crops), batch_size, seed, first_step, steps),
        collate_fn=_collate,
        num_workers=1,
        prefetch_factor=4,
        worker_init_fn=_one_thread,
    )
    for pictures, targets in loader:
        yield Batch(normalised(pictures), targets)


def plain_batches(crops: CropSet, batch_size: int) -> Iterator[Batch]:
    """The crops in their order, without augmentation."""
    for first in range(0, len(crops), batch_size):
        part = slice(first, first + batch_size)
        items = zip(
            crops.images[part],
            crops.masks[part],
            crops.keypoints_px[part],
            crops.object_index[part],
            strict=True,
        )
        pictures, targets = _collate(list(items))
        yield Batch(normalised(pictures), targets)


def normalised(pictures: Tensor) -> Tensor:
    """(N, S, S, 3) uint8 RGB to (N, 3, S, S) float32."""
    scale = torch.tensor([1 / (255 * s) for s in STD]).view(3, 1, 1)
    shift = torch.tensor([m / s for m, s in zip(MEAN, STD, strict=True)]).view(3, 1, 1)
    return pictures.permute(0, 3, 1, 2).float().contiguous().mul_(scale).sub_(shift)


def _collate(
    items: list[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], int]],
) -> tuple[Tensor, Targets]:
    pictures, masks, keypoints_px, indices = zip(*items, strict=True)
    visible = torch.from_numpy(np.stack(masks))[:, None].float().div_(255)
    targets = Targets(visible, torch.tensor(indices), torch.from_numpy(np.stack(keypoints_px)))
    return torch.from_numpy(np.stack(pictures)), targets


def _one_thread(worker: int) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
