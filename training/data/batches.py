"""Batches of augmented crops, fixed by seed and step alone, so that a resumed run sees what an unbroken one sees."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpgnas_core.symmetry import symmetry_transforms
from training.data import device_painting, painting
from training.data.augmentation import USUAL_LOOKS, Looks, draw_changes
from training.data.crop_pixels import COORDINATES, MASK, OTHERS, PICTURE, PLANES, CropPixels
from training.data.crops import CropSet
from training.data.second_pass import Warps
from training.learning.distance_loss import Geometry
from training.learning.targets import Targets
from training.learning.team import Team

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BATCHES_AHEAD = 4
CPU = torch.device("cpu")
UPLOADED_AT_ONCE = 4096
Indices = NDArray[np.int64]


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
    device: torch.device = CPU,
    looks: Looks = USUAL_LOOKS,
) -> Iterator[Batch]:
    """Batches of steps first_step to steps - 1, made ahead by a thread; of each the part of this process of a team.

    strength: of exposure, blur and noise, 0 to 1.  device: where batches lie; an accelerator holds all crops, takes
    those of a batch by their places and augments them itself, so that nothing but places and labels has to reach it.
    """
    make = _BatchMaker(crops, seed, strength, team or Team(), device, looks)
    pending: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(1) as maker:
        for step, indices in _draws(len(crops), batch_size, seed, first_step, steps):
            pending.append(maker.submit(make, step, indices))
            if len(pending) > BATCHES_AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _draws(crops: int, batch_size: int, seed: int, first_step: int, steps: int) -> Iterator[tuple[int, Indices]]:
    """Each step's crops; each epoch a permutation of its own."""
    epoch, order = -1, np.zeros(0, np.int64)
    for step in range(first_step, steps):
        indices = []
        for number in range(step * batch_size, (step + 1) * batch_size):
            if number // crops != epoch:
                epoch = number // crops
                order = np.random.default_rng([seed, 7, epoch]).permutation(crops)
            indices.append(order[number % crops])
        yield step, np.array(indices)


class _BatchMaker:
    def __init__(
        self,
        crops: CropSet,
        seed: int,
        strength: float,
        team: Team,
        device: torch.device,
        looks: Looks = USUAL_LOOKS,
    ) -> None:
        self.looks = looks
        self.crops, self.seed, self.strength, self.team, self.device = crops, seed, strength, team, device
        self.symmetries = symmetry_table(crops)
        self.resident = None if device.type == "cpu" else _upload(crops.pixels, device)

    @torch.no_grad()
    def __call__(self, step: int, indices: Indices) -> Batch:
        mine = slice(self.team.rank, None, self.team.size)
        rng = np.random.default_rng([self.seed, step])
        changes = draw_changes(rng, self.crops.take(indices), self.strength, self.looks).take(mine)
        labels = self.crops.take(indices[mine])
        if self.resident is None:
            planes = torch.from_numpy(painting.paint(labels.pixels.read(), changes))
        else:
            seed = int(np.random.default_rng([self.seed, step, self.team.rank]).integers(2**62))
            generator = torch.Generator(self.device).manual_seed(seed)
            chosen = self.resident[torch.from_numpy(indices[mine]).to(self.device)]
            planes = device_painting.paint(chosen, changes, generator)
        return _batch(planes, labels, self.symmetries, changes.warps)


def _upload(pixels: CropPixels, device: torch.device) -> Tensor:
    """(N, PLANES, S, S) uint8, piece by piece: the machine need not hold all of them at once."""
    found = torch.empty((len(pixels), PLANES, pixels.size, pixels.size), dtype=torch.uint8, device=device)
    for first in range(0, len(pixels), UPLOADED_AT_ONCE):
        piece = slice(first, first + UPLOADED_AT_ONCE)
        found[piece] = torch.from_numpy(pixels.read(piece)).to(device)
    return found


def plain_batches(crops: CropSet, batch_size: int, device: torch.device = CPU) -> Iterator[Batch]:
    """The crops in their order, without augmentation."""
    symmetries = symmetry_table(crops)
    for first in range(0, len(crops), batch_size):
        chosen = crops.take(np.arange(first, min(first + batch_size, len(crops))))
        planes = torch.from_numpy(chosen.pixels.read()).to(device)
        yield _batch(planes, chosen, symmetries, np.tile(np.eye(2, 3), (len(chosen), 1, 1)))


def normalised(pictures: Tensor) -> Tensor:
    """(N, 3, S, S) RGB of 0 to 255 to float32, as the network takes it."""
    scale = torch.tensor([1 / (255 * s) for s in STD], device=pictures.device).view(3, 1, 1)
    shift = torch.tensor([m / s for m, s in zip(MEAN, STD, strict=True)], device=pictures.device).view(3, 1, 1)
    return pictures.float() * scale - shift


def symmetry_table(crops: CropSet) -> NDArray[np.float32]:
    """(C, S, 4, 4), metres: of each object all its symmetries, the identity first and, where it has fewer, again."""
    sets = [symmetry_transforms(model.symmetries_discrete, model.symmetries_continuous) for model in crops.objects]
    table = np.tile(np.eye(4, dtype=np.float32), (len(sets), max(map(len, sets)), 1, 1))
    for row, transforms in zip(table, sets, strict=True):
        row[: len(transforms)] = transforms
    return table


def _batch(planes: Tensor, labels: CropSet, symmetries: NDArray[np.float32], warps: Warps) -> Batch:
    """planes: after the changes, of which `warps` are those that move labels."""
    linear, shifts = warps[:, :, :2], warps[:, None, :, 2]
    models, index = labels.objects, labels.object_index
    symmetric = np.flatnonzero((symmetries != np.eye(4)).any(axis=(1, 2, 3))[index])

    def place(values: NDArray[np.floating]) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(planes.device)

    targets = Targets(
        masks=planes[:, MASK].float() / 255,
        coordinates=planes[:, COORDINATES].float() / 255 - 0.5,
        others=planes[:, OTHERS].to(torch.uint8),
        object_index=torch.from_numpy(index).to(planes.device),
        keypoints_px=place(labels.keypoints_px @ linear.transpose(0, 2, 1) + shifts),
        geometry=Geometry(
            poses=place(labels.T_camera_object),
            diameters=place(np.array([model.diameter for model in models])[index]),
            rays_from_px=place(_rays_from_px(labels.intrinsics, warps)),
            keypoints=place(np.array([model.keypoints for model in models])[index]),
            box_size=place(np.array([model.box_size for model in models])[index]),
            box_center=place(np.array([model.box_center for model in models])[index]),
        ),
        symmetric=torch.from_numpy(symmetric).to(planes.device),
        symmetries=place(symmetries[index[symmetric]]),
    )
    return Batch(normalised(planes[:, PICTURE]), targets)


def _rays_from_px(intrinsics: NDArray[np.float64], warps: Warps) -> NDArray[np.float64]:
    """(N, 2, 3): pixels of the result to those of the source, and these to rays."""
    back = np.linalg.inv(warps[:, :, :2])
    shifts = -back @ warps[:, :, 2:]
    shifts[..., 0] -= intrinsics[:, 2:]
    return np.concatenate([back, shifts], axis=2) / intrinsics[:, :2, None]
