"""Processes that share a training."""

from pathlib import Path

import pytest
import torch

from training.errors import RunError
from training.learning.team import Team, run_as_team


def _write_mean_gradient(folder: str, team: Team) -> None:
    weight, bias = torch.nn.Parameter(torch.zeros(2, 2)), torch.nn.Parameter(torch.zeros(3))
    weight.grad, bias.grad = torch.full((2, 2), float(team.rank)), torch.full((3,), 10.0 * team.rank)
    team.average_gradients([weight, bias])
    torch.save([weight.grad, bias.grad], Path(folder) / f"{team.rank}.pt")


def test_every_member_gets_the_mean_gradient(tmp_path: Path) -> None:
    run_as_team(_write_mean_gradient, str(tmp_path), 2)
    for rank in range(2):
        weight, bias = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert torch.equal(weight, torch.full((2, 2), 0.5))
        assert torch.equal(bias, torch.full((3,), 5.0))


def test_a_team_of_one_works_here(tmp_path: Path) -> None:
    run_as_team(_write_mean_gradient, str(tmp_path), 1)
    assert (tmp_path / "0.pt").exists()


def _fail(_: None, team: Team) -> None:
    raise ValueError(f"member {team.rank}")


def test_an_error_of_a_member_reaches_the_caller() -> None:
    with pytest.raises(RunError, match=r"ValueError: member \d"):
        run_as_team(_fail, None, 2)
