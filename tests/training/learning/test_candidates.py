"""Which networks a search considers, in which order, and which of them begin the finals."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.learning.test_finalists import candidate
from training.data.crops import load_crops
from training.learning.candidates import GATES, PROPOSED, UNLEARNED, Candidates, distinct
from training.learning.run_folder import RunFolder
from training.learning.search import cost_table, split_crops
from training.learning.search_settings import SearchSettings
from training.learning.supernet_search import SupernetSearch


@pytest.fixture
def candidates(search_settings: SearchSettings, tmp_path: Path) -> Candidates:
    settings = replace(search_settings, finalists=8, out=str(tmp_path))
    parts = split_crops(load_crops(settings.dataset, ("train",), settings.n_keypoints, settings.input_size), 1)
    searching = SupernetSearch(settings, cost_table(settings, 1), parts, RunFolder(tmp_path, settings))
    return Candidates(searching, parts[1])


def test_networks_of_other_operators_alone_come_after_those_of_other_widths() -> None:
    ranking = [candidate(16, "conv3x3", 1.0), candidate(16, "conv1x1", 2.0), candidate(24, "conv3x3", 3.0)]
    assert [place for place, _ in distinct(ranking, 3)] == [0, 2, 1]
    assert [(place, found.loss) for place, found in distinct(ranking, 2)] == [(0, 1.0), (2, 3.0)]


def test_finals_begin_with_the_best_of_the_ranking_and_as_many_of_gates_that_have_not_learned(
    candidates: Candidates,
) -> None:
    first = candidates.first_finalists()
    assert [found.source for _, found in first] == [GATES, GATES, UNLEARNED, UNLEARNED]
    assert [place for place, _ in first[2:]] == [len(candidates.ranked), len(candidates.ranked) + 1]


def test_places_say_where_in_the_report_a_candidate_is(candidates: Candidates) -> None:
    first = candidates.first_finalists()
    known = [(found.layout, float(place)) for place, found in first]
    entrants = first + candidates.propose(known, 2) + candidates.propose(known, 1)
    lines = candidates.lines()
    assert [lines[place]["source"] for place, _ in entrants[4:]] == [PROPOSED] * 3
    assert [lines[place]["loss"] for place, _ in entrants] == [found.loss for _, found in entrants]
    assert len(lines) == len(candidates.ranked) + 5
