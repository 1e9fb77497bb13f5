"""Crops in memory, with an object and without."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.data.batches import plain_batches
from training.data.bop import read_split
from training.data.crops import CropSet, load_crops
from training.learning.loss import pose_loss
from training.rendering.generate import generate
from training.rendering.settings import RenderSettings
from training.space.network import PoseGrid, grid_channels

MESH = Path(__file__).parents[3] / "assets" / "demo_object.ply"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> RenderSettings:
    """Twelve crops, some without the object."""
    settings = RenderSettings(
        mesh=str(MESH),
        unit="mm",
        out=str(tmp_path_factory.mktemp("crops")),
        images=12,
        width=64,
        height=64,
        extent_px=(20, 50),
        off_centre=0.3,
        absent_share=0.5,
        seed=3,
        workers=1,
    )
    generate(settings)
    return settings


@pytest.fixture(scope="module")
def crops(rendered: RenderSettings) -> CropSet:
    return load_crops(rendered.out, ("train",), 5, 64)


def test_a_crop_without_annotation_has_an_empty_mask(rendered: RenderSettings, crops: CropSet) -> None:
    annotated = [bool(sample.annotations) for sample in read_split(Path(rendered.out), "train")]
    assert 2 <= sum(annotated) <= 10
    assert crops.masks.any(axis=(1, 2)).tolist() == annotated


def test_a_crop_without_the_object_differs_from_one_with_it_by_the_object_alone(
    rendered: RenderSettings, crops: CropSet, tmp_path: Path
) -> None:
    generate(replace(rendered, absent_share=0.0, out=str(tmp_path), sensor_strength=0.0))
    generate(replace(rendered, absent_share=1.0, out=str(tmp_path / "without"), sensor_strength=0.0))
    whole, empty = (read_split(folder, "train") for folder in (tmp_path, tmp_path / "without"))
    for with_object, without in zip(whole, empty, strict=True):
        seen = with_object.annotations[0].load_mask_visible()
        depth, behind = with_object.load_depth(), without.load_depth()
        np.testing.assert_allclose(depth[~seen], behind[~seen], atol=1e-6)
        assert np.all((behind[seen] == 0) | (behind[seen] > depth[seen]))


def test_crops_without_an_object_train_the_classes_alone(crops: CropSet) -> None:
    batch = next(plain_batches(crops.take(np.flatnonzero(~crops.masks.any(axis=(1, 2)))), 12))
    channels = [part + 0.1 for part in torch.zeros(len(batch.images), sum(grid_channels(1, 5)), 8, 8).split(
        grid_channels(1, 5), dim=1
    )]
    loss = pose_loss(PoseGrid(*channels), batch.targets, 8)
    assert float(loss.classes) == pytest.approx(np.log(1 + np.exp(0.1)), rel=1e-5)
    assert float(loss.votes) == float(loss.coordinates) == float(loss.distances) == float(loss.scales) == 0
