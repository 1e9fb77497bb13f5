"""The networks that a search considers: those of its gates, ranked, those of gates without learning, those proposed."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import numpy as np

from training.data.crops import CropSet
from training.learning.derive import Candidate, draw_layouts, rank, sample_layouts, unlearned_layouts
from training.learning.finalists import Entrant
from training.learning.proposals import Proposals
from training.learning.supernet_search import SupernetSearch
from training.space.layout import Layout

GATES, UNLEARNED, PROPOSED = "gates", "gates before they learned", "proposed"
"""Where a candidate is from."""


class Candidates:
    """All candidates of a search; the place of each is its number here."""

    def __init__(self, searching: SupernetSearch, held_out: CropSet) -> None:
        """held_out: to rank on with the supernet's weights."""
        self._searching, self._held_out = searching, held_out
        self.ranked = self._rank(self._learned(), GATES)
        self._all = list(self.ranked)

    def first_finalists(self) -> list[Entrant]:
        """Half of all finalists: of these half are the best of the ranking, half are from gates without learning."""
        settings = self._searching.settings
        count = settings.finalists - settings.finalists // 2
        rng = np.random.default_rng([settings.seed, 17])
        unlearned = unlearned_layouts(self._searching.gates, count // 2, rng)
        best = distinct(self.ranked, count - count // 2)
        return best + self._add(self._rank(unlearned, UNLEARNED))

    def propose(self, known: list[tuple[Layout, float]], count: int) -> list[Entrant]:
        """By the networks trained so far and their losses."""
        return self._add(self._rank(self._proposals.next(known, count), PROPOSED))

    def lines(self) -> list[dict[str, Any]]:
        """What ranking.json says of each."""
        return [{"source": c.source, "cost": c.cost, "loss": c.loss, "layout": asdict(c.layout)} for c in self._all]

    @cached_property
    def _proposals(self) -> Proposals:
        settings = self._searching.settings
        rng = np.random.default_rng([settings.seed, 18])
        return Proposals(self._searching.gates, settings.tau[0], settings.finalists, rng)

    def _add(self, candidates: list[Candidate]) -> list[Entrant]:
        entrants = list(enumerate(candidates, start=len(self._all)))
        self._all += candidates
        return entrants

    def _learned(self) -> list[Layout]:
        settings, gates = self._searching.settings, self._searching.gates
        rng = np.random.default_rng([settings.seed, 13])
        # A supernet favours what learns fast: half are drawn at the first temperature, and finals decide.
        likely = sample_layouts(gates, settings.tau[1], settings.samples - settings.samples // 2, rng)
        other = draw_layouts(gates, settings.tau[0], settings.samples // 2, rng)
        return list(dict.fromkeys([*likely, *other]))

    def _rank(self, layouts: list[Layout], source: str) -> list[Candidate]:
        searching = self._searching
        found = [(layout, searching.gates.table.cost_of(layout)) for layout in layouts]
        bfloat16 = searching.settings.bfloat16
        ranked = rank(searching.supernet, found, searching.weight_crops, self._held_out, bfloat16)
        return [replace(candidate, source=source) for candidate in ranked]


def distinct(ranking: list[Candidate], count: int) -> list[Entrant]:
    """The best of each skeleton, then of the rest, with their places: those of other operators alone are alike."""
    skeletons = [candidate.layout.skeleton for candidate in ranking]
    order = sorted(range(len(ranking)), key=lambda place: (skeletons[place] in skeletons[:place], place))
    return [(place, ranking[place]) for place in order[:count]]
