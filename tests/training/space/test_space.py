"""The declared space: number of architectures, shapes, and the file of an architecture."""

import itertools
import math
from pathlib import Path

import pytest

from training.errors import SettingsError
from training.space.operators import build_operator
from training.space.space import Architecture, Space, load_architecture

TINY = Space(
    stage_widths=(8, 8),
    stage_layers=(1, 1),
    operators=("conv1x1", "conv3x3"),
    head_layers=1,
    head_operators=("conv1x1",),
)


def test_number_of_architectures_equals_enumeration() -> None:
    subsets = [2 ** len(operators) for operators in TINY.candidates().values()]
    counted = len(list(itertools.product(*(range(n) for n in subsets))))
    assert counted == 64
    assert TINY.log10_architectures == pytest.approx(math.log10(counted))


def test_candidates_are_in_the_order_of_the_network() -> None:
    assert list(TINY.candidates()) == ["stage1.0", "stage2.0", "neck", "head.0"]
    assert TINY.candidates()["neck"] == ["stage1"]


def test_grid_stride_must_be_one_of_a_stage() -> None:
    with pytest.raises(SettingsError, match=r"grid_stride: expected a stage's stride \[4, 8\], got 16"):
        Space(stage_widths=(8, 8), stage_layers=(1, 1), grid_stride=16)


def test_layers_and_widths_must_agree() -> None:
    with pytest.raises(SettingsError, match=r"stage_layers: expected one number a stage \(4\), got 2"):
        Space(stage_layers=(1, 1))


def test_unknown_operator_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"operator: expected one of conv1x1, .*got 'conv9x9'"):
        build_operator("conv9x9", 8, 8, 1)


def test_architecture_survives_its_file(tmp_path: Path) -> None:
    written = Architecture(TINY, {"stage1.0": ["conv1x1"]}, 1, 8, 128, 1000, 900, 50)
    written.save(tmp_path / "architecture.json")
    read = load_architecture(tmp_path / "architecture.json")
    assert (read.open_operators, read.macs, read.budget_macs) == ({"stage1.0": ["conv1x1"]}, 900, 1000)
    assert read.space.strides == TINY.strides
    assert '"flops": 1800' in (tmp_path / "architecture.json").read_text()


@pytest.mark.parametrize("content", ["not json", "{}", '{"format_version": 9}'])
def test_file_that_is_no_architecture_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "architecture.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"architecture\.json: expected"):
        load_architecture(path)
