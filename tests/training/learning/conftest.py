"""A small search that every test of this folder shares."""

from pathlib import Path

import pytest

from training.learning.search import search
from training.learning.search_settings import SearchSettings
from training.space.space import Head, Space, Stage

SPACE = Space(
    stem_widths=(6,),
    stages=(Stage((8,), (1,)), Stage((12, 16), (1, 2)), Stage((16, 24), (1,), (1, 2))),
    operators=("conv3x3", "conv1x1"),
    head=Head((16,), (0, 1)),
)


@pytest.fixture(scope="session")
def search_settings(dataset: str, tmp_path_factory: pytest.TempPathFactory) -> SearchSettings:
    return SearchSettings(
        dataset=dataset,
        out=str(tmp_path_factory.mktemp("search")),
        budget_macs=900_000,
        space=SPACE,
        input_size=64,
        n_keypoints=5,
        warmup_steps=4,
        steps=8,
        gate_every=2,
        gate_samples=4,
        batch_size=8,
        samples=3,
        ranking_crops=12,
        finalists=2,
        finalist_steps=3,
        save_every=5,
        threads=1,
    )


@pytest.fixture(scope="session")
def search_run(search_settings: SearchSettings) -> Path:
    search(search_settings)
    return Path(search_settings.out)
