"""What is documented of the parameters, against the table that the node runs on."""

from pathlib import Path

import yaml

from fpgnas_ros.parameter_table import as_markdown, as_yaml
from fpgnas_ros.parameters import PARAMETERS

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIG = REPOSITORY / "config" / "pose_node.yaml"


def test_shipped_file_is_what_the_table_says() -> None:
    assert CONFIG.read_text() == as_yaml(), "write it again: python -m fpgnas_ros.parameter_table yaml"


def test_shipped_file_holds_every_parameter_with_its_default() -> None:
    values = yaml.safe_load(CONFIG.read_text())["/**/pose_node"]["ros__parameters"]
    assert values == {spec.name: spec.default for spec in PARAMETERS}


def test_readme_holds_the_table() -> None:
    expected = "write it again: python -m fpgnas_ros.parameter_table markdown"
    assert as_markdown() in (REPOSITORY / "README.md").read_text(), expected


def test_table_has_a_row_of_five_cells_for_each_parameter() -> None:
    rows = as_markdown().splitlines()[2:]
    assert [row.split("|")[1].strip(" `") for row in rows] == [spec.name for spec in PARAMETERS]
    assert {row.count("|") for row in rows} == {6}
    assert "| `confidence_threshold` | `0.5` | 0 to 1 | at any time | Instances below" in rows[5]
