"""architecture.json: written and read, and version 1 read as the special case it is."""

import json
from pathlib import Path

import pytest

from training.errors import SettingsError
from training.space.architecture import Architecture, load_architecture
from training.space.cost import count_macs
from training.space.layout import Block, Layout
from training.space.network import build_network
from training.space.space import Space

LAYOUT = Layout(8, (Block(8, 4, ((),)), Block(8, 8, (("conv3x3", "conv1x1"),))), ("stage1",), Block(8, 8, ()))
VERSION_1 = Path(__file__).parent / "version_1.json"


def test_architecture_survives_its_file(tmp_path: Path) -> None:
    written = Architecture(Space(), LAYOUT, 1, 8, 128, 1000, 900, 50)
    written.save(tmp_path / "architecture.json")
    assert load_architecture(tmp_path / "architecture.json").layout == LAYOUT
    assert load_architecture(tmp_path / "architecture.json").space.variables == Space().variables
    assert '"flops": 1800' in (tmp_path / "architecture.json").read_text()


def test_version_1_builds_the_network_it_was() -> None:
    """Its macs and its number of weights were written by the code of that version, whose output said no sizes."""
    size_outputs, head_width, cells = 2, 64, 16 * 16
    values = json.loads(VERSION_1.read_text())
    assert values["format_version"] == 1
    architecture = load_architecture(VERSION_1)
    network = build_network(architecture)
    assert sum(p.numel() for p in network.parameters()) == values["params"] + size_outputs * (head_width + 1)
    names = set(network.state_dict())
    opened = {(layer, op) for layer, ops in values["open_operators"].items() for op in ops if layer != "neck"}
    for layer, operator in opened:
        assert any(name.startswith(f"layers.{layer.replace('.', '_')}.operators.{operator}.") for name in names)
    assert count_macs(network, 128) == values["macs"] + size_outputs * head_width * cells
    assert {"stem.0.0.weight", "layers.stage1_0.shortcut.1.0.weight", "neck.shortcut.0.weight"} <= names


@pytest.mark.parametrize("content", ["not json", "{}", '{"format_version": 9}'])
def test_file_that_is_no_architecture_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "architecture.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"architecture\.json: expected"):
        load_architecture(path)
