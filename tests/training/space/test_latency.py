"""Latency tables: every part measured once, read back, and a missing one named."""

import json
from pathlib import Path

import pytest

from tests.training.space.conftest import tiny_space
from training.errors import SettingsError
from training.space.cost import layout_parts
from training.space.latency import fit_factor, measure_table, parts_of, read_latency_table
from training.space.layout import largest_choice, layout_of
from training.space.network import PoseNetwork
from training.space.space import Head, Stage
from training.space.table import CostTable

SPACE = tiny_space(stages=(Stage((4,), (1,)), Stage((8,), (1,))), operators=("conv1x1",), head=Head((4,), (0,)))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("latency") / "table.json"
    measure_table(parts_of(SPACE, 32, 1, 4), path, threads=1, repeats=1)
    return path


def test_expected_latency_is_the_sum_of_the_parts(table: Path) -> None:
    cost = read_latency_table(str(table))
    smallest, most = CostTable(SPACE, 32, 19, cost).limits()
    largest = layout_of(SPACE, largest_choice(SPACE))
    assert 0 < smallest < most
    assert most == pytest.approx(sum(cost(part) for _, part in layout_parts(largest, 32, 19)))


def test_measured_parts_are_not_measured_again(table: Path) -> None:
    before = table.read_text()
    measure_table(parts_of(SPACE, 32, 1, 4), table, threads=1, repeats=1)
    assert table.read_text() == before


def test_part_that_was_not_measured_is_named(table: Path) -> None:
    with pytest.raises(SettingsError, match=r"expected a latency of Part\(what='stem', .*size=64"):
        CostTable(SPACE, 64, 19, read_latency_table(str(table)))


def test_factor_makes_the_middle_network_right(table: Path, tmp_path: Path) -> None:
    copy = tmp_path / "table.json"
    copy.write_text(table.read_text())
    before = read_latency_table(str(copy))
    network = PoseNetwork(SPACE, layout_of(SPACE, largest_choice(SPACE)), 1, 4)
    shares = fit_factor(copy, [network] * 3, 32, threads=1, repeats=1)
    assert sorted(shares)[1] == pytest.approx(1.0)
    factor = json.loads(copy.read_text())["factor"]
    after, part = read_latency_table(str(copy)), parts_of(SPACE, 32, 1, 4)[0]
    assert after(part) == pytest.approx(factor * before(part))
    assert read_latency_table(str(table))(part) == before(part)


def test_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(SettingsError, match=r"t\.json: expected a table of training/latency\.py"):
        read_latency_table(str(tmp_path / "t.json"))
