"""What augmentation takes of a training: `python benchmarks/training_share.py --dataset data/demo`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

sys.path[0] = str(Path(__file__).resolve().parents[1])

import cv2
import torch

from training.cli import run_command
from training.data.batches import Batch, augmented_batches
from training.data.crops import CropSet, load_crops
from training.learning.devices import Devices, launch
from training.learning.loss import pose_loss
from training.learning.optimiser import WeightOptimiser
from training.learning.precision import forward
from training.space.architecture import load_architecture
from training.space.network import build_network

Result = TypeVar("Result")


@dataclass(frozen=True)
class TrainingShareSettings:
    """Makes batches, uploads included, then trains on the last; prints times and crops a second as one JSON line."""

    dataset: str = "data/demo"
    """BOP folder of training crops."""
    split: str = "train"
    """Split to train on."""
    architecture: str = "models/demo/architecture.json"
    """architecture.json of the network."""
    crops: int = 1000
    """Crops that are loaded; 0: all."""
    steps: int = 20
    """Steps that are timed."""
    batch_size: int = 32
    """Crops a step."""
    augmentation: float = 0.4
    """Strength of exposure, blur and noise, 0 to 1."""
    accelerator: Literal["cpu", "gpu"] = "cpu"
    """Kind of device; on a CPU one thread is used."""

    @property
    def devices(self) -> int:
        """One is measured."""
        return 1

    nodes = devices


def timed(device: torch.device, work: Callable[[], Result]) -> tuple[float, float, Result]:
    """Seconds, CPU seconds of the whole process, and what `work` returns, once the device has done it."""
    start, start_cpu = time.perf_counter(), time.process_time()
    result = work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start, time.process_time() - start_cpu, result


def run(settings: TrainingShareSettings) -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    devices = launch(settings)
    architecture = load_architecture(settings.architecture)
    count, size = architecture.n_keypoints, architecture.input_size
    loading, _, crops = timed(
        devices.device, lambda: load_crops(settings.dataset, (settings.split,), count, size, settings.crops)
    )
    augmenting, augmenting_cpu, batch = timed(devices.device, lambda: _last_batch(settings, crops, devices.device))
    step = _training_step(settings, devices)
    step(batch)  # warms up
    training, training_cpu, _ = timed(devices.device, lambda: [step(batch) for _ in range(settings.steps)])
    seen = settings.steps * settings.batch_size
    figures = {
        "loading_s": loading,
        "crops": len(crops),
        "augmentation": {"crops_per_s": seen / augmenting, "cpu_ms_per_crop": 1000 * augmenting_cpu / seen},
        "training": {"crops_per_s": seen / training, "cpu_ms_per_crop": 1000 * training_cpu / seen},
        "share_of_augmentation_in_cpu_time": augmenting_cpu / (augmenting_cpu + training_cpu),
    }
    print(json.dumps(figures))


def _last_batch(settings: TrainingShareSettings, crops: CropSet, device: torch.device) -> Batch:
    options = settings.batch_size, 1, settings.augmentation, 0, settings.steps
    for batch in augmented_batches(crops, *options, device=device):
        last = batch
    return last


def _training_step(settings: TrainingShareSettings, devices: Devices) -> Callable[[Batch], None]:
    architecture = load_architecture(settings.architecture)
    network = devices.place(build_network(architecture))
    optimiser = WeightOptimiser(network, network.output, 0.01)

    def step(batch: Batch) -> None:
        grid = forward(network, batch.images, bfloat16=True)
        loss = pose_loss(grid, batch.targets, architecture.space.grid_stride)
        optimiser.zero_grad()
        loss.total.backward()
        optimiser.step()

    return step


if __name__ == "__main__":
    run_command(TrainingShareSettings, run)
