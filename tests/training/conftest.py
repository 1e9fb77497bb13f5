"""What tests of training share: a small rendered data set, and one thread."""

from pathlib import Path

import pytest
import torch

from training.rendering.generate import generate
from training.rendering.settings import RenderSettings

ASSETS = Path(__file__).parents[2] / "assets"

torch.set_num_threads(1)  # on shared cores PyTorch's threads wait for each other longer than they work


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small set of rendered 64x64 crops, splits train and val."""
    folder = str(tmp_path_factory.mktemp("crops"))
    for split, images, seed in (("train", 60, 1), ("val", 20, 2)):
        generate(
            RenderSettings(
                mesh=str(ASSETS / "demo_object.ply"),
                out=folder,
                split=split,
                images=images,
                seed=seed,
                workers=1,
                width=64,
                height=64,
                extent_px=(20, 60),
            )
        )
    return folder
