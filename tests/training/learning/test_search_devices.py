"""Several devices: all hold the same weights and gates, a step is the mean of their shares, torchrun does the same."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import yaml
from torch import distributed, multiprocessing

from training.data.batches import augmented_batches
from training.data.crops import load_crops
from training.learning.devices import Devices
from training.learning.loss import pose_loss
from training.learning.run_folder import RunFolder
from training.learning.search import cost_table, split_crops
from training.learning.search_settings import SearchSettings
from training.learning.supernet_search import GRADIENT_NORM, SupernetSearch
from training.learning.team import Team
from training.space.architecture import load_architecture
from training.space.layout import layout_of
from training.space.sampling import draw

REPOSITORY = Path(__file__).parents[3]
needs_fabric = pytest.mark.skipif(find_spec("lightning_fabric") is None, reason="lightning-fabric is not installed")
needs_tensorboard = pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")


def searching_of(settings: SearchSettings, team: Team) -> SupernetSearch:
    torch.set_num_threads(1)
    crops = load_crops(settings.dataset, ("train",), settings.n_keypoints, settings.input_size)
    settings = replace(settings, out=f"{settings.out}/{team.rank}")
    devices = Devices()
    devices.team = team
    parts, run = split_crops(crops, settings.seed), RunFolder(settings.out, settings)
    return SupernetSearch(settings, cost_table(settings, 1), parts, run, devices)


def train_and_save(rank: int, settings: SearchSettings) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{settings.out}/meeting", rank=rank, world_size=2)
    searching = searching_of(settings, Team(rank, 2))
    searching.train()
    state = searching.supernet.state_dict() | {"logits": searching.gates.logits.data}
    torch.save(state, f"{settings.out}/{rank}.pt")
    distributed.destroy_process_group()


def test_two_processes_hold_the_same_weights_and_gates(search_settings: SearchSettings, tmp_path: Path) -> None:
    multiprocessing.spawn(train_and_save, (replace(search_settings, out=str(tmp_path)),), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert first["logits"].abs().max() > 0


def test_a_step_of_two_processes_is_one_by_the_mean_of_their_gradients(
    search_settings: SearchSettings, tmp_path: Path
) -> None:
    settings = replace(search_settings, out=str(tmp_path), warmup_steps=0, steps=1, gate_every=2)
    multiprocessing.spawn(train_and_save, (settings,), nprocs=2)
    got = torch.load(tmp_path / "0.pt", weights_only=True)
    alone = searching_of(replace(settings, out=str(tmp_path / "alone")), Team())
    choice = draw(settings.space, alone.gates.probabilities(alone.tau), 1, alone._rng(17))[0]
    for rank in range(2):
        share = augmented_batches(alone.weight_crops, 8, settings.seed, settings.augmentation, 0, 1, Team(rank, 2))
        batch = next(share)
        grid = alone.supernet(batch.images, layout_of(settings.space, choice))
        (pose_loss(grid, batch.targets, settings.space.grid_stride).total / 2).backward()
    torch.nn.utils.clip_grad_norm_(alone.supernet.parameters(), GRADIENT_NORM)
    alone.weight_optimiser.set_rate(settings.learning_rate / 50)  # the first of 50 steps of the rise
    alone.weight_optimiser.step()
    for name, value in alone.supernet.state_dict().items():
        torch.testing.assert_close(got[name], value, rtol=1e-4, atol=1e-6)


def written(settings: SearchSettings, folder: Path) -> list[str]:
    config = folder / "search.yaml"
    config.write_text(yaml.safe_dump(json.loads(json.dumps(asdict(settings)))))
    return ["training/search.py", "--config", str(config)]


def run_command(command: list[str]) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_fabric
def test_devices_and_torchrun_find_the_same_network_within_the_budget(
    search_settings: SearchSettings, tmp_path: Path
) -> None:
    rankings = []
    for name, launcher in (("fabric", []), ("torchrun", ["-m", "torch.distributed.run", "--nproc_per_node", "2"])):
        settings = replace(search_settings, devices=2, out=str(tmp_path / name))
        run_command([sys.executable, *launcher, *written(settings, tmp_path)])
        rankings.append(json.loads((tmp_path / name / "ranking.json").read_text()))
        macs = load_architecture(tmp_path / name / "architecture.json").macs
        assert 0.95 * settings.budget_macs <= macs <= settings.budget_macs
    assert rankings[0] == rankings[1]


@needs_tensorboard
def test_tensorboard_has_loss_cost_and_entropy(search_settings: SearchSettings, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    settings = replace(search_settings, tensorboard=True, out=str(tmp_path / "run"), steps=40, finalist_steps=0)
    run_command([sys.executable, *written(settings, tmp_path)])
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert {"total", "votes", "expected_cost", "entropy", "tau"} <= set(events.Tags()["scalars"])
    (first, second) = events.Scalars("expected_cost")
    assert (first.step, second.step) == (20, 40)
    assert first.value == pytest.approx(settings.budget_macs)
