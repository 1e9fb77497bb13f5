"""Batches of augmented crops, fixed by the seed and the step alone, so that a resumed run sees what an unbroken one sees."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from fpgnas_core.object_model import ObjectModel
from training.data.augmentation import Crop, augment
from training.data.crops import CropSet
from training.data.second_pass import coarse_roll
from training.learning.distance_loss import Geometry
from training.learning.loss import Targets
from training.learning.team import Team

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BATCHES_AHEAD = 4
Draw = tuple[int, int]


class Batch(NamedTuple):
    """images: (N, 3, S, S) float32, normalised RGB."""

    images: Tensor
    targets: Targets


def augmented_batches(
    crops: CropSet,
    batch_size: int,
    seed: int,
    strength: float,
    first_step: int,
    steps: int,
    team: Team | None = None,
) -> Iterator[Batch]:
    """Batches of steps first_step to steps - 1, made ahead by a thread; of each the part of this process of a team.

    strength: of exposure, blur and noise, 0 to 1.
    """
    team = team or Team()
    pending: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(1) as maker:
        for draws in _draws(len(crops), batch_size, seed, first_step, steps):
            pending.append(maker.submit(_make_batch, crops, draws[team.rank :: team.size], seed, strength))
            if len(pending) > BATCHES_AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _draws(crops: int, batch_size: int, seed: int, first_step: int, steps: int) -> Iterator[list[Draw]]:
    """Lists of (crop, number of the draw); each epoch a permutation of its own."""
    epoch, order = -1, np.zeros(0, int)
    for step in range(first_step, steps):
        draws = []
        for number in range(step * batch_size, (step + 1) * batch_size):
            if number // crops != epoch:
                epoch = number // crops
                order = np.random.default_rng([seed, 7, epoch]).permutation(crops)
            draws.append((int(order[number % crops]), number))
        yield draws


def _make_batch(crops: CropSet, draws: list[Draw], seed: int, strength: float) -> Batch:
    made = []
    for index, number in draws:
        rng = np.random.default_rng([seed, number])
        made.append(augment(rng, _crop(crops, index), coarse_roll(rng, crops, index), strength))
    return _collate(made, crops.objects)


def _crop(crops: CropSet, index: int) -> Crop:
    return Crop(
        crops.images[index],
        crops.masks[index],
        crops.coordinates[index],
        crops.keypoints_px[index],
        np.linalg.inv(crops.cameras[index].matrix)[:2],
        crops.T_camera_object[index],
        int(crops.object_index[index]),
    )


def plain_batches(crops: CropSet, batch_size: int) -> Iterator[Batch]:
    """The crops in their order, without augmentation."""
    for first in range(0, len(crops), batch_size):
        chosen = range(first, min(first + batch_size, len(crops)))
        yield _collate([_crop(crops, index) for index in chosen], crops.objects)


def normalised(pictures: Tensor) -> Tensor:
    """(N, S, S, 3) uint8 RGB to (N, 3, S, S) float32."""
    scale = torch.tensor([1 / (255 * s) for s in STD]).view(3, 1, 1)
    shift = torch.tensor([m / s for m, s in zip(MEAN, STD, strict=True)]).view(3, 1, 1)
    return pictures.permute(0, 3, 1, 2).float().contiguous().mul_(scale).sub_(shift)


def _collate(crops: list[Crop], objects: Sequence[ObjectModel]) -> Batch:
    pictures, masks, coordinates, keypoints_px, rays, poses, indices = (list(part) for part in zip(*crops, strict=True))
    models = [objects[index] for index in indices]
    targets = Targets(
        masks=torch.from_numpy(np.stack(masks))[:, None].float().div_(255),
        coordinates=torch.from_numpy(np.stack(coordinates)).permute(0, 3, 1, 2).float().div_(255).sub_(0.5),
        object_index=torch.tensor(indices),
        keypoints_px=torch.from_numpy(np.stack(keypoints_px)),
        geometry=Geometry(
            *(
                torch.from_numpy(np.stack(part).astype(np.float32))
                for part in (
                    poses,
                    rays,
                    [model.keypoints for model in models],
                    [model.box_size for model in models],
                    [model.box_center for model in models],
                )
            )
        ),
    )
    return Batch(normalised(torch.from_numpy(np.stack(pictures))), targets)
