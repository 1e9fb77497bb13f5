"""One search from data to architecture.json."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from training.data.crops import CropSet, load_crops
from training.data.second_pass import as_second_pass
from training.learning.candidates import Candidates
from training.learning.derive import Candidate
from training.learning.devices import Devices, launch
from training.learning.finalists import Finals, Training
from training.learning.run_folder import RunFolder
from training.learning.search_settings import SearchSettings
from training.learning.supernet_search import SupernetSearch
from training.space.architecture import Architecture
from training.space.cost import PartCost, count_macs, part_macs
from training.space.drawing import draw_layout
from training.space.gates import check_budget
from training.space.latency import read_latency_table
from training.space.layout import Layout
from training.space.network import grid_channels
from training.space.table import CostTable

WEIGHT_SHARE = 0.8
METHODS = {
    "gates": "FPG-NAS, exact-budget gates",
    "penalty": "gates with a FLOPs penalty",
    "softmax": "softmax DNAS, one operator a layer",
    "random": "random network of the space",
}


def search(settings: SearchSettings, crops: CropSet | None = None) -> Architecture:
    """Search, derive, and write architecture.json, initial_weights.pt, supernet.pt, ranking.json and network.svg.

    crops: those that the settings name, where they are loaded already. Raises BudgetError at once for a budget outside
    the space.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    table = cost_table(settings, n_objects=1)
    check_budget(table, settings.budget_ms if settings.cost == "latency" else settings.budget_macs)
    devices = launch(settings)
    run = RunFolder(settings.out, replace(settings, describe=False, json=False, picture=""))
    crops = crops or load_crops(
        settings.dataset, (settings.train_split,), settings.n_keypoints, settings.input_size, settings.crops
    )
    parts = split_crops(crops, settings.seed)
    searching = SupernetSearch(settings, cost_table(settings, len(crops.objects)), parts, run, devices)
    searching.train()
    return _finish(searching, run, devices)


def cost_table(settings: SearchSettings, n_objects: int) -> CostTable:
    """The space's costs in the budget's unit: macs, or milliseconds on the target."""
    part_cost: PartCost = part_macs
    if settings.cost == "latency":
        part_cost = read_latency_table(settings.table)
    channels = sum(grid_channels(n_objects, settings.n_keypoints))
    return CostTable(settings.space, settings.input_size, channels, part_cost)


def split_crops(crops: CropSet, seed: int) -> tuple[CropSet, CropSet]:
    """80 % to train weights, 20 % to train gates and to rank (as FBNet, Wu et al. 2019)."""
    order = np.random.default_rng([seed, 11]).permutation(len(crops))
    cut = int(WEIGHT_SHARE * len(crops))
    return crops.take(order[:cut]), crops.take(order[cut:])


def _finish(searching: SupernetSearch, run: RunFolder, devices: Devices) -> Architecture:
    """Derive on every device alike; the leader writes."""
    settings = searching.settings
    searching.supernet.cpu()
    held_out = as_second_pass(searching.gate_crops.first(settings.ranking_crops), settings.seed)
    candidates = Candidates(searching, held_out)
    best, trainings = candidates.ranked[0], list[Training]()
    if settings.finalist_steps:
        finals = Finals(settings, searching.weight_crops, held_out, run, devices)
        best, trainings = finals.choose(candidates.first_finalists(), candidates.propose)
    architecture = _architecture(searching, best)
    if devices.is_leader:
        run.save("supernet.pt", searching.supernet.state_dict())
        run.save("initial_weights.pt", best.network.state_dict())
        finals_of = [training._asdict() for training in trainings]
        ranked = {"ranking": candidates.lines(), "finals": finals_of, "loss": best.loss}
        (run.path / "ranking.json").write_text(json.dumps(ranked, indent=1) + "\n")
        channels = sum(grid_channels(architecture.n_objects, architecture.n_keypoints))
        (run.path / "network.svg").write_text(draw_layout(best.layout, settings.input_size, channels))
        architecture.save(run.path / "architecture.json")  # last: it says that the run is finished
        print(_summary(architecture, run.path))
    devices.wait()
    return architecture


def _architecture(searching: SupernetSearch, best: Candidate) -> Architecture:
    settings, supernet = searching.settings, searching.supernet
    macs = _checked_macs(settings, best)
    return Architecture(
        settings.space,
        best.layout,
        supernet.n_objects,
        settings.n_keypoints,
        settings.input_size,
        settings.budget_macs if settings.cost == "macs" else macs,
        macs,
        sum(p.numel() for p in best.network.parameters()),
        {
            "method": METHODS[settings.method],
            "cost": {"unit": settings.cost, "value": best.cost, "budget": searching.gates.budget},
            "settings": json.loads(json.dumps(asdict(settings))),
        },
    )


def _checked_macs(settings: SearchSettings, best: Candidate) -> int:
    """Counted over the network as it was built, whatever the tables said. A difference is a defect of this code."""
    counted = count_macs(best.network, settings.input_size)
    if settings.cost == "macs" and (counted != best.cost or counted > settings.budget_macs):
        raise AssertionError(f"derived network: expected {best.cost} macs within the budget, counted {counted}")
    return counted


def layer_lines(layout: Layout) -> list[str]:
    """One line a layer: what a person reads first."""
    lines = [f"  stem      {layout.stem_width} channels"]
    for (_, block), places in zip(layout.levels.items(), layout.stage_layers(), strict=True):
        shape = f"{block.width:4d} channels, stride {block.stride:2d}"
        lines += [f"  {place.name:9s} {shape}: {', '.join(place.operators) or '-'}" for place in places]
    lines.append(f"  neck      {layout.head.width:4d} channels, from {', '.join((*layout.neck, layout.grid))}")
    lines += [f"  {place.name:9s} {', '.join(place.operators) or '-'}" for place in layout.head_layers()]
    return lines


def _summary(architecture: Architecture, folder: Path) -> str:
    cost = architecture.provenance["cost"]
    size = f"{architecture.macs / 1e6:.2f} MMAC, {architecture.params / 1e6:.2f} M weights"
    share = f"{cost['value'] / cost['budget']:.1%} of the budget"
    return "\n".join([*layer_lines(architecture.layout), f"search: {size}, {share}; wrote {folder}/architecture.json"])
