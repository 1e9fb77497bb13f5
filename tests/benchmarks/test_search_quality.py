"""The order of networks, and what table and plot make of results."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.quality.results import Result, add_result, plot, read_results, rows_of, table
from benchmarks.search_quality import Job, SearchQualitySettings, jobs
from training.errors import SettingsError

RESULT = Result(80, 1, "FPG-NAS", 79, 1_000_000, 64, 0.3, 0.5, 0.8, 100, 0.5, 0.25)


def drawn(number: int, validation: float, test: float, seed: int = 1) -> Result:
    name = f"random {number}"
    return replace(RESULT, name=name, seed=seed, validation_add_0_05d=validation, test_add_0_05d=test, search_hours=0.0)


def test_networks_that_tell_most_come_first() -> None:
    settings = SearchQualitySettings(budgets=(10, 80), seeds_at=80, seeds=(1, 2), random=2)
    found = list(jobs(settings))
    assert found[:4] == [Job(80, 1, name) for name in ("FPG-NAS", "random 1", "random 2", "MobileNetV2-like")]
    assert [(job.budget, job.seed) for job in found] == [(80, 1)] * 8 + [(80, 2)] * 8 + [(10, 1)] * 8
    assert list(jobs(replace(settings, only=("plain",), budgets=(80,)))) == [Job(80, 1, "plain"), Job(80, 2, "plain")]


def test_a_way_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"only: expected some of FPG-NAS, random, .*, got darts"):
        SearchQualitySettings(only=("darts",))


def test_results_grow_one_by_one_and_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "some/results.json"
    assert read_results(file) == []
    add_result(file, drawn(1, 0.1, 0.2))
    add_result(file, RESULT)
    assert read_results(file) == [RESULT, drawn(1, 0.1, 0.2)]


def test_random_networks_are_chosen_on_validation_and_their_median_is_of_test() -> None:
    draws = [drawn(1, 0.3, 0.1), drawn(2, 0.1, 0.4), drawn(3, 0.2, 0.3), drawn(1, 0.1, 0.2, seed=2)]
    rows = {row.name: row for row in rows_of([RESULT, *draws], ["FPG-NAS", "plain"])}
    assert [result.test_add_0_05d for result in rows["random, median"].results] == [0.3, 0.2]
    assert [result.test_add_0_05d for result in rows["random, best on validation"].results] == [0.1, 0.2]
    assert rows["random, median"].add_0_05d == pytest.approx(25.0)
    assert "plain" not in rows


def test_table_says_by_how_much_the_search_is_ahead(tmp_path: Path) -> None:
    results = [RESULT, drawn(1, 0.3, 0.1), drawn(2, 0.1, 0.4), drawn(3, 0.2, 0.3)]
    rows = rows_of(results, ["FPG-NAS"])
    text = table(rows, results)
    assert "| 8e-05 | FPG-NAS | 0.988 to 0.988 | 1.00 | **50.0** (50.0) | 80.0 |" in text
    assert "+20.0 random, median, +40.0 random, best on validation" in text
    assert "4 networks, 3 of them random: 0.5 h of searches, 1.0 h of trainings." in text
    plot(rows, results, tmp_path / "plot.svg")
    assert "FPG-NAS" in (tmp_path / "plot.svg").read_text()
