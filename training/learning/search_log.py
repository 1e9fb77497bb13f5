"""What a search writes down as it goes: losses, expected cost and entropy, and every gate's probability."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch

from training.errors import SettingsError
from training.learning.loss import PoseLoss
from training.learning.run_folder import RunFolder
from training.space.gates import BudgetGates

GATES_FILE = "gates.jsonl"


class SearchLog:
    """log.jsonl, gates.jsonl and, if wanted, TensorBoard events of one run."""

    def __init__(self, run: RunFolder, gates: BudgetGates, first_step: int, tensorboard: bool, writes: bool) -> None:
        """first_step: what a killed run has logged after it is dropped, as it will be logged anew."""
        self._run, self._gates, self._writes = run, gates, writes
        if writes:
            for name in ("log.jsonl", GATES_FILE):
                _cut(run.path / name, first_step)
        self._board = _board(run.path, first_step) if tensorboard and writes else None

    def write(self, step: int, tau: float, loss: PoseLoss) -> str:
        """One line in each file; returns the line of the progress bar."""
        p = self._gates.probabilities(tau).detach()
        expected, entropy = float(self._gates.table.expected(p)), self._entropy(p)
        values = {name: float(value.detach()) for name, value in loss._asdict().items()}
        values |= {"expected_cost": expected, "entropy": entropy, "tau": tau}
        if self._writes:
            self._run.log(step, values)
            line = {"step": step, "p": [round(float(v), 4) for v in p]}
            with (self._run.path / GATES_FILE).open("a") as file:
                file.write(json.dumps(line) + "\n")
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)
            self._board.flush()
        share = expected / self._gates.budget
        return f"loss {values['total']:.2f}, votes {values['votes']:.2f}, E[F] {share:.1%}, entropy {entropy:.2f}"

    def _entropy(self, p: torch.Tensor) -> float:
        """Mean over the variables, 0 where all is decided, 1 where every option is as likely."""
        shares = []
        for variable, part in zip(self._gates.space.variables, p.split(self._gates.table.sizes), strict=True):
            if variable.kind != "one":
                shares.append(float((torch.special.entr(part) + torch.special.entr(1 - part)).mean()) / math.log(2))
            elif len(part) > 1:
                shares.append(float(torch.special.entr(part).sum()) / math.log(len(part)))
        return sum(shares) / max(1, len(shares))


def read_lines(file: Path) -> list[dict[str, Any]]:
    """The lines of a .jsonl file; the last one may be cut off by a kill and is then left out."""
    found = []
    for line in file.read_text().splitlines() if file.is_file() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return found


def _cut(file: Path, step: int) -> None:
    kept = [line for line in read_lines(file) if line["step"] <= step]
    file.write_text("".join(json.dumps(line) + "\n" for line in kept))


def _board(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise SettingsError("tensorboard: is not installed; pip install '.[tensorboard]'") from error
    return SummaryWriter(str(folder), purge_step=step)
