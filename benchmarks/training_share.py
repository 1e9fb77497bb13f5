"""What loading and augmentation take of a training: `python benchmarks/training_share.py --dataset data/demo`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

sys.path[0] = str(Path(__file__).resolve().parents[1])

import cv2
import torch

from training.cli import run_command
from training.data.batches import Batch, augmented_batches
from training.data.crops import load_crops
from training.learning.loss import pose_loss
from training.learning.optimiser import WeightOptimiser
from training.learning.precision import forward
from training.space.architecture import load_architecture
from training.space.network import build_network

Result = TypeVar("Result")


@dataclass(frozen=True)
class TrainingShareSettings:
    """Trains some steps on one thread and prints the CPU time of each part as one JSON line."""

    dataset: str = "data/demo"
    """BOP folder of training crops."""
    split: str = "train"
    """Split to train on."""
    architecture: str = "models/demo/architecture.json"
    """architecture.json of the network."""
    crops: int = 1000
    """Crops that are loaded."""
    steps: int = 20
    """Steps that are timed."""
    batch_size: int = 32
    """Crops a step."""
    epochs: float = 20.0
    """Times that a training sees each crop: loading is shared among them."""
    augmentation: float = 0.4
    """Strength of exposure, blur and noise, 0 to 1."""


def cpu_seconds(work: Callable[[], Result]) -> tuple[float, Result]:
    """CPU time of the whole process for `work`, seconds, and what it returns."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def run(settings: TrainingShareSettings) -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    architecture = load_architecture(settings.architecture)
    count, size = architecture.n_keypoints, architecture.input_size
    loading, crops = cpu_seconds(lambda: load_crops(settings.dataset, (settings.split,), count, size, settings.crops))
    network = build_network(architecture)
    optimiser = WeightOptimiser(network, network.output, 0.01)

    def step(batch: Batch) -> None:
        grid = forward(network, batch.images, bfloat16=True)
        loss = pose_loss(grid, batch.targets, architecture.space.grid_stride)
        optimiser.zero_grad()
        loss.total.backward()
        optimiser.step()

    options = settings.batch_size, 1, settings.augmentation
    augmenting, _ = cpu_seconds(lambda: sum(1 for _ in augmented_batches(crops, *options, 0, settings.steps)))
    batch = next(augmented_batches(crops, *options, 0, 1))
    step(batch)  # warms up
    training, _ = cpu_seconds(lambda: [step(batch) for _ in range(settings.steps)])
    seen = settings.steps * settings.batch_size
    milliseconds = {
        "loading": 1000 * loading / len(crops) / settings.epochs,
        "augmentation": 1000 * augmenting / seen,
        "training": 1000 * training / seen,
    }
    share = 1 - milliseconds["training"] / sum(milliseconds.values())
    print(json.dumps({"cpu_ms_per_crop": milliseconds, "share_of_loading_and_augmentation": share}))


if __name__ == "__main__":
    run_command(TrainingShareSettings, run)
