"""One search from data to architecture.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from training.data.crops import CropSet, load_crops
from training.data.second_pass import as_second_pass
from training.learning.derive import Candidate, open_operators, rank, sample_architectures
from training.learning.run_folder import RunFolder
from training.learning.search_settings import SearchSettings
from training.learning.supernet_search import SupernetSearch
from training.space.cost import count_macs
from training.space.gates import check_budget
from training.space.network import build_network, build_supernet
from training.space.space import Architecture

WEIGHT_SHARE = 0.8


def search(settings: SearchSettings) -> Architecture:
    """Search, derive, and write architecture.json, supernet.pt and ranking.json to the run folder.

    Raises BudgetError at once for a budget outside the space.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    check_budget(
        count_macs(build_supernet(settings.space, 1, settings.n_keypoints), settings.input_size),
        settings.budget_macs,
    )
    run = RunFolder(settings.out, settings)
    crops = load_crops(
        settings.dataset, (settings.train_split,), settings.n_keypoints, settings.input_size, settings.crops
    )
    weight_crops, gate_crops = split_crops(crops, settings.seed)
    searching = SupernetSearch(settings, weight_crops, gate_crops, run)
    searching.train()
    ranking = _rank(searching, weight_crops, gate_crops)
    architecture = _architecture(searching, ranking[0])
    architecture.save(run.path / "architecture.json")
    torch.save(searching.supernet.state_dict(), run.path / "supernet.pt")
    lines = [{"macs": c.macs, "loss": c.loss, "open": open_operators(searching.supernet, c.gates)} for c in ranking]
    (run.path / "ranking.json").write_text(json.dumps(lines, indent=1) + "\n")
    print(_summary(architecture, run.path))
    return architecture


def split_crops(crops: CropSet, seed: int) -> tuple[CropSet, CropSet]:
    """80 % to train weights, 20 % to train gates and to rank (as FBNet, Wu et al. 2019)."""
    order = np.random.default_rng([seed, 11]).permutation(len(crops))
    cut = int(WEIGHT_SHARE * len(crops))
    return crops.take(order[:cut]), crops.take(order[cut:])


def _rank(searching: SupernetSearch, weight_crops: CropSet, gate_crops: CropSet) -> list[Candidate]:
    settings = searching.settings
    rng = np.random.default_rng([settings.seed, 13])
    found = sample_architectures(searching.gates, searching.cost, settings.tau[1], settings.samples, rng)
    held_out = as_second_pass(gate_crops.first(settings.ranking_crops), settings.seed)
    return rank(searching.supernet, searching.cost, found, weight_crops, held_out)


def _architecture(searching: SupernetSearch, best: Candidate) -> Architecture:
    settings, supernet = searching.settings, searching.supernet
    draft = Architecture(
        settings.space,
        open_operators(supernet, best.gates),
        supernet.n_objects,
        settings.n_keypoints,
        settings.input_size,
        settings.budget_macs,
        best.macs,
        0,
        {"method": "FPG-NAS, exact-budget gates", "settings": json.loads(json.dumps(asdict(settings)))},
    )
    network = build_network(draft)
    counted = count_macs(network, settings.input_size).total
    if counted != best.macs or counted > settings.budget_macs:
        raise AssertionError(f"derived network: expected {best.macs} macs within the budget, counted {counted}")
    return Architecture(**{**vars(draft), "params": sum(p.numel() for p in network.parameters())})


def _summary(architecture: Architecture, folder: Path) -> str:
    layers = [f"  {name:9s} {', '.join(names) or '-'}" for name, names in architecture.open_operators.items()]
    share = architecture.macs / architecture.budget_macs
    cost = f"{architecture.macs / 1e6:.2f} MMAC ({share:.1%} of the budget), {architecture.params / 1e6:.2f} M weights"
    return "\n".join([*layers, f"search: {cost}; wrote {folder / 'architecture.json'}"])
