"""What a search shows: the description of a space, the report, the table and plot of several budgets."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.errors import BudgetError
from training.learning.describe import describe
from training.learning.pareto import search_budgets
from training.learning.report import write_report
from training.learning.search import cost_table
from training.learning.search_settings import SearchSettings
from training.space.gates import BudgetGates
from training.space.layout import layout_of
from training.space.sampling import draw


def test_description_is_one_json_object(
    search_settings: SearchSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "space.svg"
    describe(replace(search_settings, describe=True, json=True, picture=str(picture)))
    values = json.loads(capsys.readouterr().out)
    assert values["log10_architectures"] == pytest.approx(search_settings.space.log10_architectures)
    assert values["min_macs"] < search_settings.budget_macs < values["max_macs"]
    table, space = cost_table(search_settings, 1), search_settings.space
    even = BudgetGates(space, table, search_settings.budget_macs, exact=False).probabilities(1.0)
    drawn = draw(space, even, 3000, np.random.default_rng(0))
    mean = np.mean([table.cost_of(layout_of(space, choice)) for choice in drawn])
    assert values["even_macs"] == pytest.approx(mean, rel=0.02)
    assert values["layers"]["stage2.width"] == {"choose": "one", "from": [12, 16]}
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_report_stands_on_its_own(search_run: Path) -> None:
    page = write_report(search_run).read_text()
    assert "Gates over time" not in page or page.count("<svg") >= 3
    assert page.count("<svg") >= 1
    assert "Ranking on held-out crops" in page
    assert 'src="' not in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    ).replace("https://matplotlib.org", "")


def test_several_budgets_make_a_front(search_settings: SearchSettings, tmp_path: Path) -> None:
    budgets = (500_000, 900_000)
    settings = replace(search_settings, budgets=budgets, out=str(tmp_path), finalist_steps=0, steps=24, save_every=50)
    search_budgets(settings)
    rows = json.loads((tmp_path / "pareto.json").read_text())
    assert [row["budget_macs"] for row in rows] == list(budgets)
    assert all(0.95 * row["budget_macs"] <= row["macs"] <= row["budget_macs"] for row in rows)
    assert (tmp_path / "pareto.md").read_text().count("\n") == 4
    assert ElementTree.parse(tmp_path / "pareto.svg").getroot().tag.endswith("svg")
    page = (tmp_path / "0.5M/report.html").read_text()
    assert page.count("<svg") == 3


def test_one_budget_outside_the_space_is_refused_before_any_search(
    search_settings: SearchSettings, tmp_path: Path
) -> None:
    with pytest.raises(BudgetError, match="is infeasible"):
        search_budgets(replace(search_settings, budgets=(900_000, 10), out=str(tmp_path / "none")))
    assert not (tmp_path / "none").exists()
