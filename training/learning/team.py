"""Several processes that train one network, each on its share of every batch; on CPUs that beats several threads."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.multiprocessing
from torch import distributed
from torch.multiprocessing import ProcessRaisedException

from training.errors import RunError

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class Team:
    """This process's place among those of a training."""

    rank: int = 0
    size: int = 1

    @property
    def is_leader(self) -> bool:
        """Whether this process writes logs and checkpoints."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace each gradient by its mean over the team."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        parts = (flat / self.size).split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def run_as_team(work: Callable[[Settings, Team], None], settings: Settings, size: int) -> None:
    """Call work(settings, team) in `size` processes, or here where that is one; returns when all have ended.

    Raises RunError with the error of a member that failed.
    """
    if size == 1:
        work(settings, Team())
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            torch.multiprocessing.spawn(_member, (work, settings, size, f"file://{folder}/meeting"), nprocs=size)
        except ProcessRaisedException as error:
            raise RunError(str(error).strip().splitlines()[-1]) from error


def _member(rank: int, work: Callable[[Settings, Team], None], settings: Settings, size: int, meeting: str) -> None:
    # PyTorch sends SIGINT when the parent dies; where it is ignored, as in a background job, members would live on
    signal.signal(signal.SIGINT, signal.default_int_handler)
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size)
    work(settings, Team(rank, size))
    distributed.destroy_process_group()
