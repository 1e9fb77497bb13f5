"""Which gradient of the gates to use: `python benchmarks/gate_estimators.py --run runs/search`.

Both estimators on the supernet of a search and its held-out crops: time of a gate step, and how near its gradient
points to a reference, the mean of many sampled (so unbiased) gradients on other draws. Within one second of work the
better estimator is the one with the greater cosine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
import torch
from torch import Tensor

from training.cli import parse_settings, run_command
from training.data.batches import plain_batches
from training.data.crops import load_crops
from training.learning.gate_gradient import sampled, through_operators
from training.learning.loss import pose_loss
from training.learning.precision import forward
from training.learning.search import cost_table, split_crops
from training.learning.search_settings import SearchSettings
from training.space.gates import BudgetGates
from training.space.layout import Layout
from training.space.supernet import Gates, Supernet


@dataclass(frozen=True)
class GateEstimatorSettings:
    """Compares straight-through and sampled gate gradients on one supernet."""

    run: str
    """Run folder of a finished search (supernet.pt)."""
    search: str = "config/search.yaml"
    """Settings of that search."""
    dataset: str = ""
    """BOP folder of its crops; empty: as in the settings."""
    crops: int = 400
    """Crops that are loaded, of which a fifth is held out."""
    batch_size: int = 16
    """Crops of the one batch that all gradients are of."""
    reference: int = 512
    """Networks of the reference."""
    repeats: int = 16
    """Gradients of each estimator."""
    threads: int = 1
    """CPU threads of PyTorch."""


def run(settings: GateEstimatorSettings) -> None:
    """Measure and print a table."""
    torch.set_num_threads(settings.threads)
    search = parse_settings(SearchSettings, ["--config", settings.search, "--describe", "true"])
    search = replace(search, dataset=settings.dataset or search.dataset)
    loss, gates = _prepare(settings, search)
    ways: dict[str, Callable[[np.random.Generator], float]] = {
        "straight through, 2 networks": lambda rng: through_operators(gates, 1.0, 0.7, 2, loss, rng),
        "sampled, 4 networks": lambda rng: sampled(gates, 1.0, 4, loss, rng),
        "sampled, 16 networks": lambda rng: sampled(gates, 1.0, 16, loss, rng),
    }
    reference = _gradient(gates, lambda rng: sampled(gates, 1.0, settings.reference, loss, rng), 0)
    print("| estimator | s a gate step | cosine to the reference | of the mean of all |")
    print("|---|---:|---:|---:|")
    for name, step in ways.items():
        start = time.perf_counter()
        found = torch.stack([_gradient(gates, step, 1000 + number) for number in range(settings.repeats)])
        seconds = (time.perf_counter() - start) / settings.repeats
        single = torch.cosine_similarity(found, reference[None], dim=1).mean()
        together = torch.cosine_similarity(found.mean(dim=0), reference, dim=0)
        print(f"| {name} | {seconds:.3f} | {float(single):.3f} | {float(together):.3f} |")


def _prepare(
    settings: GateEstimatorSettings, search: SearchSettings
) -> tuple[Callable[[Layout, Gates | None], Tensor], BudgetGates]:
    crops = load_crops(search.dataset, (search.train_split,), search.n_keypoints, search.input_size, settings.crops)
    held_out = split_crops(crops, search.seed)[1].first(settings.batch_size)
    batch = next(plain_batches(held_out, settings.batch_size))
    supernet = Supernet(search.space, len(crops.objects), search.n_keypoints)
    supernet.load_state_dict(torch.load(Path(settings.run) / "supernet.pt", weights_only=True))
    supernet.requires_grad_(False)
    gates = BudgetGates(search.space, cost_table(search, len(crops.objects)), search.budget_macs)

    def loss(layout: Layout, opened: Gates | None) -> Tensor:
        grid = forward(supernet, batch.images, search.bfloat16, layout, opened)
        return pose_loss(grid, batch.targets, search.space.grid_stride).total

    return loss, gates


def _gradient(gates: BudgetGates, step: Callable[[np.random.Generator], float], seed: int) -> Tensor:
    gates.logits.grad = None
    step(np.random.default_rng(seed))
    assert gates.logits.grad is not None
    return gates.logits.grad.clone()


if __name__ == "__main__":
    run_command(GateEstimatorSettings, run)
