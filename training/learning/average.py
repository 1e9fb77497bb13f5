"""The mean of the weights of several trainings that began from the same ones: it keeps what each has learned.

Wortsman et al., "Model soups" and "Robust fine-tuning of zero-shot models", 2022. Batch norm's means and variances
are those of no mean of networks, so they are measured anew, unless the networks are near each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from training.data.batches import augmented_batches
from training.data.crops import CropSet, load_crops
from training.errors import RunError, SettingsError
from training.space.architecture import load_architecture
from training.space.network import PoseNetwork, build_network


@dataclass(frozen=True)
class AverageSettings:
    """Average the weights of several trainings of one network, which began from the same weights."""

    architecture: str
    """architecture.json of training/search.py."""
    weights: Sequence[str]
    """Two or more files weights.pt."""
    dataset: str
    """BOP folder of training crops, on which batch norm's means and variances are measured."""
    out: str
    """File for the weights."""
    train_splits: Sequence[str] = ("train",)
    """Splits to measure on."""
    batches: int = 25
    """Batches to measure on; 0: the mean of the networks' own, for weights a short training apart."""
    batch_size: int = 64
    """Crops a batch."""
    augmentation: float = 0.3
    """Strength of exposure, blur and noise, 0 to 1, as in training."""
    seed: int = 9
    """Seed of the crops and their augmentation."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work: SettingsError names the field."""
        if self.batches < 0:
            raise SettingsError(f"batches: expected 0 or more, got {self.batches}")
        if len(self.weights) < 2:
            raise SettingsError(f"weights: expected two or more files, got {len(self.weights)}")


def average(settings: AverageSettings) -> None:
    """Write the mean of the weights. Raises RunError where they do not fit the architecture."""
    architecture = load_architecture(settings.architecture)
    network = build_network(architecture)
    try:
        network.load_state_dict(mean_of([torch.load(path, weights_only=True) for path in settings.weights]))
    except (OSError, KeyError, RuntimeError) as error:
        got = ", ".join(settings.weights)
        raise RunError(f"weights: expected files that fit {settings.architecture}, got {got}: {error}") from error
    if settings.batches:
        splits, size = settings.train_splits, architecture.input_size
        measure_batch_norm(network, load_crops(settings.dataset, splits, architecture.n_keypoints, size), settings)
    Path(settings.out).parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), settings.out)
    print(f"average: wrote {settings.out}")


def mean_of(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each number; counters are the first's."""
    first = states[0]
    return {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if value.is_floating_point() else value
        for name, value in first.items()
    }


@torch.no_grad()
def measure_batch_norm(network: PoseNetwork, crops: CropSet, settings: AverageSettings) -> None:
    """Replace batch norm's running means and variances by their mean over some batches."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the mean of all batches
    network.train()
    batches = augmented_batches(crops, settings.batch_size, settings.seed, settings.augmentation, 0, settings.batches)
    for batch in batches:
        network(batch.images)
