"""The last choice: finalists are trained for a while, and the best third goes on (successive halving).

A supernet's loss tells good from bad, not good from better, and its weights suit what it drew often. The held-out loss
after short trainings from scratch tells more (Jamieson and Talwalkar 2016; a third, as Li et al. 2018), and so early
more than poses do (`benchmarks/short_trainings.py`). As gates learn from those same weights, half of the finalists are
drawn without them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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
from training.space.network import PoseNetwork

GRADIENT_NORM, WEIGHT_DECAY, RATE_WARMUP = 10.0, 1e-2, 50
SEED_OF_FINALS = 1_000_003
TRAINED = "finals_*.pt"
"""What each process of a team has trained and what it has read of the others' trainings."""
KEPT = 1 / 3


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

    def choose(self, ranking: list[Candidate], unlearned: list[Candidate]) -> tuple[Candidate, list[dict[str, float]]]:
        """The winner, its network trained and calibrated, and of each training place, round, steps and held-out loss.

        ranking: the lowest held-out loss first; with no steps for finalists its first is the winner.  unlearned: drawn
        by gates that have not learned; all of them are finalists, and their places come after those of the ranking.
        """
        if not self._settings.finalist_steps:
            return ranking[0], []
        chosen = distinct(ranking, self._settings.finalists - len(unlearned))
        chosen += enumerate(unlearned, start=len(ranking))
        left = [(place, self._anew(candidate)) for place, candidate in chosen]
        trainings: list[dict[str, float]] = []
        number = 0
        while number == 0 or len(left) > 1:
            self._train_round(left, number)
            judged = []
            for place, candidate in left:
                loss = self.train_and_judge(candidate.network, place, number)
                steps = self._settings.finalist_steps
                trainings.append({"place": place, "round": number, "steps": steps, "loss": loss})
                judged.append((place, replace(candidate, loss=loss)))
            judged.sort(key=lambda entry: entry[1].loss)
            left = judged[: max(1, round(KEPT * len(judged)))]
            number += 1
        return left[0][1], trainings

    def _train_round(self, left: list[tuple[int, Candidate]], number: int) -> None:
        """Every process trains its share of what is left, and then knows what the others trained."""
        team = self._devices.team
        own = left[team.rank :: team.size]
        for place, candidate in tqdm(own, desc=f"finals, round {number + 1}", unit="network", disable=team.rank > 0):
            self.train_and_judge(candidate.network, place, number)
        self._devices.wait()
        self._read_trained()

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
        settings, steps = self._settings, self._settings.finalist_steps
        self._devices.place(network)
        optimiser = WeightOptimiser(network.train(), network.output, WEIGHT_DECAY)
        batches = augmented_batches(
            self._crops, settings.batch_size, settings.seed + SEED_OF_FINALS, settings.augmentation,
            number * steps, (number + 1) * steps, device=self._devices.device,
        )  # fmt: skip
        for step, batch in enumerate(batches):
            grid = forward(network, batch.images, settings.bfloat16)
            loss = pose_loss(grid, batch.targets, settings.space.grid_stride)
            optimiser.zero_grad()
            loss.total.backward()
            nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
            optimiser.set_rate(cosine_rate(step, steps, settings.learning_rate, min(RATE_WARMUP, steps)))
            optimiser.step()
        network.cpu()


def distinct(ranking: list[Candidate], count: int) -> list[tuple[int, Candidate]]:
    """The best of each skeleton, then of the rest, with their places: those of other operators alone are alike."""
    skeletons = [candidate.layout.skeleton for candidate in ranking]
    order = sorted(range(len(ranking)), key=lambda place: (skeletons[place] in skeletons[:place], place))
    return [(place, ranking[place]) for place in order[:count]]
