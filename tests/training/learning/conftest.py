"""A small search that every test of this folder shares."""

from pathlib import Path

import pytest

from training.learning.search import search
from training.learning.search_settings import SearchSettings
from training.space.space import Space

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
