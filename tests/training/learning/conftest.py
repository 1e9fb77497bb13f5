"""A small rendered data set and a small search that every test of this folder shares."""

from pathlib import Path

import pytest

from training.learning.search import search
from training.learning.search_settings import SearchSettings
from training.rendering.generate import generate
from training.rendering.settings import RenderSettings
from training.space.space import Space

ASSETS = Path(__file__).parents[3] / "assets"
SPACE = Space(
    stem_width=6,
    stage_widths=(8, 12, 16),
    stage_layers=(1, 1, 1),
    operators=("conv3x3", "conv1x1"),
    head_width=12,
    head_layers=1,
    head_operators=("conv3x3", "conv1x1"),
)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> str:
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


@pytest.fixture(scope="session")
def search_settings(dataset: str, tmp_path_factory: pytest.TempPathFactory) -> SearchSettings:
    return SearchSettings(
        dataset=dataset,
        out=str(tmp_path_factory.mktemp("search")),
        budget_macs=400_000,
        space=SPACE,
        input_size=64,
        n_keypoints=5,
        warmup_steps=4,
        steps=8,
        gate_every=2,
        batch_size=8,
        samples=3,
        ranking_crops=12,
        save_every=5,
        threads=1,
    )


@pytest.fixture(scope="session")
def search_run(search_settings: SearchSettings) -> Path:
    search(search_settings)
    return Path(search_settings.out)
