"""Processes that share a training."""

import tempfile
from pathlib import Path

import torch
from torch import distributed, multiprocessing

from training.learning.team import Team


def _write_mean_gradient(rank: int, folder: str) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    weight, bias = torch.nn.Parameter(torch.zeros(2, 2)), torch.nn.Parameter(torch.zeros(3))
    weight.grad, bias.grad = torch.full((2, 2), float(rank)), torch.full((3,), 10.0 * rank)
    Team(rank, 2).average_gradients([weight, bias])
    torch.save([weight.grad, bias.grad], Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()


def test_every_member_gets_the_mean_gradient() -> None:
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(_write_mean_gradient, (folder,), nprocs=2)
        for rank in range(2):
            weight, bias = torch.load(Path(folder) / f"{rank}.pt", weights_only=True)
            assert torch.equal(weight, torch.full((2, 2), 0.5))
            assert torch.equal(bias, torch.full((3,), 5.0))


def test_a_team_of_one_keeps_its_gradients() -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.ones(2)
    Team().average_gradients([weight])
    assert torch.equal(weight.grad, torch.ones(2))
