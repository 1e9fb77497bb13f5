"""The last choice: the best of the ranking train on for a while, and the better half goes on (successive halving).

A supernet's loss tells good from bad, not good from better; the poses after short trainings with inherited weights do
(Jamieson and Talwalkar 2016 for the halving).
"""

from __future__ import annotations

from dataclasses import replace

from torch import nn
from tqdm import tqdm

from training.data.batches import augmented_batches
from training.data.crops import CropSet
from training.learning.derive import Candidate, calibrate_batch_norm, held_out_loss
from training.learning.loss import pose_loss
from training.learning.optimiser import WeightOptimiser
from training.learning.precision import forward
from training.learning.schedule import cosine_rate
from training.learning.search_settings import SearchSettings
from training.learning.validation import validate

GRADIENT_NORM, WEIGHT_DECAY, RATE_WARMUP = 10.0, 1e-2, 10
SEED_OF_FINALS = 1_000_003


def choose(
    ranking: list[Candidate], settings: SearchSettings, crops: CropSet, held_out: CropSet
) -> tuple[Candidate, list[dict[str, float]]]:
    """The winner, its network trained and calibrated, and of each training place, round, steps, loss and AUC.

    ranking: the lowest held-out loss first. Poses decide who goes on: the lower loss is not always nearer.
    """
    left, trainings, number = distinct(ranking, settings.finalists), [], 0
    while len(left) > 1 and settings.finalist_steps:
        trained = []
        for place, candidate in tqdm(left, desc=f"finals, round {number + 1}", unit="network"):
            _train(candidate, settings, crops, number)
            calibrate_batch_norm(candidate.network, crops, settings.bfloat16)
            loss = held_out_loss(candidate.network, held_out, settings.bfloat16)
            auc = validate(candidate.network, held_out).auc()
            steps = settings.finalist_steps
            trainings.append({"place": place, "round": number, "steps": steps, "loss": loss, "add_auc": auc})
            trained.append((auc, place, replace(candidate, loss=loss)))
        trained.sort(key=lambda entry: -entry[0])
        left = [(place, candidate) for _, place, candidate in trained[: (len(trained) + 1) // 2]]
        number += 1
    return left[0][1], trainings


def distinct(ranking: list[Candidate], count: int) -> list[tuple[int, Candidate]]:
    """The best of each skeleton, then of the rest, with their places: those of other operators alone are alike."""
    skeletons = [candidate.layout.skeleton for candidate in ranking]
    order = sorted(range(len(ranking)), key=lambda place: (skeletons[place] in skeletons[:place], place))
    return [(place, ranking[place]) for place in order[:count]]


def _train(candidate: Candidate, settings: SearchSettings, crops: CropSet, number: int) -> None:
    """Each finalist of a round sees the same batches."""
    network, steps = candidate.network.train(), settings.finalist_steps
    optimiser = WeightOptimiser(network, network.output, WEIGHT_DECAY)
    seed = settings.seed + SEED_OF_FINALS
    batches = augmented_batches(
        crops, settings.batch_size, seed, settings.augmentation, number * steps, (number + 1) * steps
    )
    for step, batch in enumerate(batches):
        loss = pose_loss(forward(network, batch.images, settings.bfloat16), batch.targets, settings.space.grid_stride)
        optimiser.zero_grad()
        loss.total.backward()
        nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
        optimiser.set_rate(cosine_rate(step, steps, settings.learning_rate / 2, min(RATE_WARMUP, steps)))
        optimiser.step()
