"""Training on another device: nothing of a step stays behind on the CPU, and what is not there is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.data import device_painting
from training.data.augmentation import draw_changes
from training.data.batches import Batch, _batch, _BatchMaker, _upload, symmetry_table
from training.data.crop_pixels import PLANES
from training.data.crops import CropSet, load_crops
from training.errors import SettingsError
from training.learning.devices import launch
from training.learning.loss import pose_loss
from training.learning.optimiser import WeightOptimiser
from training.learning.retrain import retrain
from training.learning.retrain_settings import RetrainSettings
from training.learning.team import Team
from training.space.architecture import load_architecture
from training.space.network import build_network

META = torch.device("meta")
HALF_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def crops(dataset: str) -> CropSet:
    found = load_crops(dataset, ("train",), 5, 64)
    return replace(found, objects=(replace(found.objects[0], symmetries_discrete=HALF_TURN[None]),))


def augmented_on(device: torch.device, crops: CropSet) -> Batch:
    changes = draw_changes(np.random.default_rng(1), crops, 0.7)
    planes = torch.empty((len(crops), PLANES, 64, 64), dtype=torch.uint8, device=device)
    generator = None if device == META else torch.Generator(device)
    return _batch(device_painting.paint(planes, changes, generator), crops, symmetry_table(crops), changes.warps)


def test_step_computes_on_the_device_of_its_crops(crops: CropSet, search_run: Path) -> None:
    """On PyTorch's device without memory, which takes no tensors of the CPU."""
    network = build_network(load_architecture(search_run / "architecture.json")).to(META)
    batch = augmented_on(META, crops)
    optimiser = WeightOptimiser(network, network.output, 0.01)
    loss = pose_loss(network(batch.images), batch.targets, 8)
    loss.total.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimiser.step()
    assert loss.total.device == META


def test_resident_crops_give_the_batches_of_those_in_files(crops: CropSet) -> None:
    """Labels to the bit, pictures but for noise, whatever the size of the team."""
    plain, resident = (_BatchMaker(crops, 3, 0.0, Team(), torch.device("cpu")) for _ in range(2))
    resident.resident = _upload(crops.pixels, torch.device("cpu"))
    indices = np.arange(5, 25)
    expected, got = plain(7, indices), resident(7, indices)
    assert torch.equal(got.targets.keypoints_px, expected.targets.keypoints_px)
    assert float((got.images - expected.images).abs().mean()) < 0.03
    parts = [_BatchMaker(crops, 3, 0.0, Team(rank, 2), torch.device("cpu"))(7, indices) for rank in range(2)]
    assert torch.equal(parts[1].images, expected.images[1::2])
    assert torch.equal(parts[0].targets.masks, expected.targets.masks[::2])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match="accelerator: expected devices that are there, got no GPU"):
        launch(RetrainSettings("", "", "", accelerator="gpu"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu_trains_and_goes_on(search_run: Path, dataset: str, tmp_path: Path) -> None:
    settings = RetrainSettings(
        str(search_run / "architecture.json"),
        dataset,
        str(tmp_path),
        steps=20,
        batch_size=16,
        save_every=10,
        validate_every=10,
        bfloat16=True,
        accelerator="gpu",
    )
    retrain(settings)
    weights = torch.load(tmp_path / "weights.pt", weights_only=True)
    assert all(value.isfinite().all() for value in weights.values())
    retrain(replace(settings, accelerator="cpu"))  # from the checkpoint of the GPU
