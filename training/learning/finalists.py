"""The last choice: finalists are trained for a while, and the best third goes on for longer (successive halving).

A supernet's loss tells good from bad, not good from better, and its weights suit what it drew often. The held-out loss
after short trainings from scratch tells more (Jamieson and Talwalkar 2016; a third, as Li et al. 2018), and so early
more than poses do (`benchmarks/short_trainings.py`). As gates learn from those same weights, a quarter of the finalists
are drawn without them, and half are proposed by the losses of the finalists before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import nn
from tqdm import tqdm

from training.data.batches import augmented_batches
from training.data.crops import CropSet
from training.learning.derive import Candidate, calibrate_batch_norm, held_out_loss
from training.learning.devices import Devices
from training.learning.loss import pose_loss
from training.learning.optimiser import WeightOptimiser
from training.learning.precision import forward
from training.learning.run_folder import RunFolder
from training.learning.schedule import cosine_rate
from training.learning.search_settings import SearchSettings
from training.space.layout import Layout
from training.space.network import PoseNetwork

GRADIENT_NORM, WEIGHT_DECAY, RATE_WARMUP = 10.0, 1e-2, 50
SEED_OF_FINALS = 1_000_003
TRAINED = "finals_*.pt"
"""What each process of a team has trained and what it has read of the others' trainings."""
REDUCTION = 3
"""Of so many finalists one goes on to the next round, after which it has had so many times the steps."""
PROPOSED_AT_ONCE = 4


class Training(NamedTuple):
    """A finalist's training in one round, its steps until the end of it, and its held-out loss then."""

    place: int
    round: int
    steps: int
    loss: float


Entrant = tuple[int, Candidate]
"""A candidate and its place among all of the search."""
Propose = Callable[[list[tuple[Layout, float]], int], list[Entrant]]
"""By the networks trained so far and their losses, at most so many others."""


class Finals:
    """Trains finalists and chooses among them; a run that was stopped goes on with the training it was at.

    The processes of a team train different finalists, and all choose the same.
    """

    def __init__(
        self, settings: SearchSettings, crops: CropSet, held_out: CropSet, run: RunFolder, devices: Devices
    ) -> None:
        """crops: to train with.  held_out: to judge on."""
        self._settings, self._crops, self._held_out = settings, crops, held_out
        self._run, self._devices = run, devices
        self._trained: dict[str, dict[str, Any]] = {}
        self._read_trained()

    def choose(self, first: list[Entrant], propose: Propose) -> tuple[Candidate, list[Training]]:
        """The winner, its network trained and calibrated, and all trainings.

        first: finalists to begin with; the others are proposed, a few at a time, by the losses of all before.
        """
        judged, trainings = self._round(first, 0)
        while (missing := self._settings.finalists - len(judged)) > 0:
            known = [(candidate.layout, candidate.loss) for _, candidate in judged]
            proposed = propose(known, min(missing, PROPOSED_AT_ONCE))
            if not proposed:
                break
            more, trained = self._round(proposed, 0)
            judged, trainings = judged + more, trainings + trained
        left, number = best_third(judged), 1
        while len(left) > 1:
            judged, trained = self._round(left, number)
            left, trainings, number = best_third(judged), trainings + trained, number + 1
        return left[0][1], trainings

    def _round(self, entrants: list[Entrant], number: int) -> tuple[list[Entrant], list[Training]]:
        """The entrants, trained once more and with their losses. Every process trains its share and reads the rest."""
        fresh = [(place, self._anew(candidate) if number == 0 else candidate) for place, candidate in entrants]
        team = self._devices.team
        own = fresh[team.rank :: team.size]
        for place, candidate in tqdm(own, desc=f"finals, round {number + 1}", unit="network", disable=team.rank > 0):
            self.train_and_judge(candidate.network, place, number)
        self._devices.wait()
        self._read_trained()
        losses = [self.train_and_judge(candidate.network, place, number) for place, candidate in fresh]
        steps = self._steps_after(number)
        judged = [(place, replace(c, loss=loss)) for (place, c), loss in zip(fresh, losses, strict=True)]
        return judged, [Training(place, number, steps, candidate.loss) for place, candidate in judged]

    def _steps_after(self, number: int) -> int:
        """Steps that a finalist has had by the end of a round."""
        return self._settings.finalist_steps * REDUCTION**number

    def _read_trained(self) -> None:
        for file in sorted(self._run.path.glob(TRAINED)):
            self._trained |= self._run.load(file.name) or {}

    def _anew(self, candidate: Candidate) -> Candidate:
        """The same network with first weights of its own."""
        torch.manual_seed(self._settings.seed + SEED_OF_FINALS)
        before = candidate.network
        return replace(
            candidate, network=PoseNetwork(before.space, before.layout, before.n_objects, before.n_keypoints)
        )

    def train_and_judge(self, network: PoseNetwork, place: int, number: int) -> float:
        """Loss on the held-out crops after the training of round `number`; that of a training done before is kept."""
        name = f"round {number}, place {place}"
        if name not in self._trained:
            self._train(network, number)
            calibrate_batch_norm(network, self._crops, self._settings.bfloat16)
            loss = held_out_loss(network, self._held_out, self._settings.bfloat16)
            weights = {key: value.clone() for key, value in network.state_dict().items()}  # the next round changes them
            self._trained[name] = {"weights": weights, "loss": loss}
            self._run.save(TRAINED.replace("*", str(self._devices.team.rank)), self._trained)
        network.load_state_dict(self._trained[name]["weights"])
        return float(self._trained[name]["loss"])

    def _train(self, network: PoseNetwork, number: int) -> None:
        """Each finalist of a round sees the same batches."""
        settings, last = self._settings, self._steps_after(number)
        first = self._steps_after(number - 1) if number else 0
        self._devices.place(network)
        optimiser = WeightOptimiser(network.train(), network.output, WEIGHT_DECAY)
        batches = augmented_batches(
            self._crops, settings.batch_size, settings.seed + SEED_OF_FINALS, settings.augmentation,
            first, last, device=self._devices.device,
        )  # fmt: skip
        steps = last - first
        for step, batch in enumerate(batches):
            grid = forward(network, batch.images, settings.bfloat16)
            loss = pose_loss(grid, batch.targets, settings.space.grid_stride)
            optimiser.zero_grad()
            loss.total.backward()
            nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
            optimiser.set_rate(cosine_rate(step, steps, settings.learning_rate, min(RATE_WARMUP, steps)))
            optimiser.step()
        network.cpu()


def best_third(judged: list[Entrant]) -> list[Entrant]:
    """Those of the lowest losses, at least one."""
    return sorted(judged, key=lambda entrant: entrant[1].loss)[: max(1, round(len(judged) / REDUCTION))]
