"""The latency command: a network that was found is measured, beside what the table says of it."""

import re
from pathlib import Path

import pytest

from tests.training.space.conftest import tiny_space
from training.latency import LatencySettings, compare
from training.space.architecture import Architecture
from training.space.latency import measure_table, parts_of, read_latency_table
from training.space.layout import largest_choice, layout_of
from training.space.space import Head, Stage
from training.space.table import CostTable


def test_network_is_measured_beside_the_sum_of_its_parts(tmp_path: Path) -> None:
    space = tiny_space(stages=(Stage((8,), (1,)), Stage((8,), (1,))), operators=("conv3x3",), head=Head((8,), (0,)))
    table, layout = tmp_path / "table.json", layout_of(space, largest_choice(space))
    measure_table(parts_of(space, 64, 1, 4), table, threads=1, repeats=2)
    file = tmp_path / "architecture.json"
    Architecture(space, layout, 1, 4, 64, 10**9, 1, 1).save(file)
    said = compare(LatencySettings(out=str(table), architecture=str(file), repeats=2))
    found = re.fullmatch(r"latency: ([0-9.]+) ms; its parts by .*: ([0-9.]+) ms \(([+-][0-9.]+)%\)", said)
    assert found is not None, said
    measured, predicted, difference = map(float, found.groups())
    expected = CostTable(space, 64, 19, read_latency_table(str(table))).cost_of(layout)
    assert predicted == pytest.approx(expected, abs=6e-4)
    assert difference == pytest.approx(100 * (predicted / measured - 1), abs=2.0)
