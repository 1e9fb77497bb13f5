"""The declared space: number of architectures by enumeration, and spaces that cannot be."""

import math
from pathlib import Path

import pytest

from tests.training.space.conftest import all_choices, tiny_space
from training.cli import parse_settings
from training.errors import SettingsError
from training.learning.search_settings import SearchSettings
from training.space.layout import layout_of
from training.space.space import Head, Space, Stage

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize("exclusive", [False, True])
def test_number_of_architectures_equals_enumeration(exclusive: bool) -> None:
    space = tiny_space(exclusive=exclusive)
    networks = {layout_of(space, choice) for choice in all_choices(space)}
    assert space.n_architectures == len(networks)
    assert space.log10_architectures == pytest.approx(math.log10(len(networks)))


def test_plans_have_the_grid_and_no_more_than_the_greatest_stride() -> None:
    space = tiny_space(stages=tuple(Stage((8,), (1,), (1, 2)) for _ in range(4)))
    assert space.plans == (
        (2, 2, 4, 8), (2, 4, 4, 8), (2, 4, 8, 8), (2, 4, 8, 16), (4, 4, 4, 8), (4, 4, 8, 8),
        (4, 4, 8, 16), (4, 8, 8, 8), (4, 8, 8, 16), (4, 8, 16, 16), (4, 8, 16, 32),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["search.yaml", "tiny/search.yaml"])
def test_shipped_spaces_are_valid(name: str) -> None:
    settings = parse_settings(SearchSettings, ["--config", str(CONFIG / name)])
    assert settings.space.log10_architectures > 5
    assert isinstance(settings.space.stages[0], Stage)


def test_paper_space_has_at_least_10_to_the_92_architectures() -> None:
    settings = parse_settings(SearchSettings, ["--config", str(CONFIG / "search_paper.yaml")])
    assert settings.space.n_architectures >= 10**92


def test_grid_stride_must_be_reached() -> None:
    with pytest.raises(SettingsError, match=r"grid_stride: expected a stride that some stage can have .*, got 64"):
        tiny_space(grid_stride=64)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stages": ()}, "stages: expected at least one"),
        ({"stem_widths": (8, 4)}, r"stem_widths: expected ascending numbers from 1, got \[8, 4\]"),
        ({"stages": (Stage((8,), (0, 1)),)}, r"stage1.depths: expected ascending numbers from 1, got \[0, 1\]"),
        ({"stages": (Stage((8,), (1,), (3,)),)}, r"stage1.strides: expected 1, 2 or both, got \[3\]"),
        ({"operators": ("conv9x9",)}, r"operator: expected one of conv1x1, .*got 'conv9x9'"),
        ({"operators": ("conv1x1", "conv1x1")}, "operators: expected at least one, each once"),
        ({"head": Head((8,), ())}, r"head.depths: expected ascending numbers from 0, got \[\]"),
    ],
)
def test_space_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        tiny_space(**change)


def test_default_space_chains() -> None:
    assert Space().n_architectures > 10**20
