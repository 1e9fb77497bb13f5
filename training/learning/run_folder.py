"""A run folder: the settings, versions and log needed to repeat a run, and the checkpoint needed to go on with it."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import yaml

from training.errors import RunError

CHECKPOINT = "checkpoint.pt"
SETTINGS = "settings.yaml"
HOW_NOT_WHAT = ("threads", "accelerator", "devices", "nodes", "out")
"""Settings that may change when a run is resumed: they do not name another run."""


class RunFolder:
    """Settings, log and checkpoint of one run. Raises RunError where the folder holds a run of other settings."""

    def __init__(self, path: str | Path, settings: Any) -> None:
        self.path = Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self._check_settings(_plain(asdict(settings)))
        self._started = time.time()

    def _check_settings(self, settings: dict[str, Any]) -> None:
        file = self.path / SETTINGS
        if file.is_file():
            before = yaml.safe_load(file.read_text())
            changed = sorted(k for k in settings if before.get(k) != settings[k] and k not in HOW_NOT_WHAT)
            if changed:
                raise RunError(
                    f"{self.path}: holds a run with another {', '.join(changed)}; use another --out or remove it"
                )
            return
        unfinished = self.path / f"{SETTINGS}.{os.getpid()}"
        unfinished.write_text(yaml.safe_dump(settings, sort_keys=False))
        unfinished.replace(file)  # atomic: another process of the team may read it now
        environment = {
            "command": " ".join(sys.argv),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        }
        (self.path / "environment.json").write_text(json.dumps(environment, indent=1) + "\n")

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Append one line to log.jsonl."""
        line = {"step": step, "seconds": round(time.time() - self._started, 1)} | dict(values)
        with (self.path / "log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def save_checkpoint(self, state: Mapping[str, Any]) -> None:
        """Write a checkpoint with PyTorch's random state; atomic, so a kill leaves the one before. Raises RunError."""
        self.save(CHECKPOINT, dict(state) | {"torch_random": torch.get_rng_state()})

    def save(self, name: str, state: Mapping[str, Any]) -> None:
        """Write tensors to a file of this folder; atomic. Raises RunError for a full disk."""
        unfinished = (self.path / name).with_suffix(".unfinished")
        try:
            torch.save(state, unfinished)
        except (OSError, RuntimeError) as error:  # PyTorch's writer raises RuntimeError for a full disk
            reason = str(error).splitlines()[0]
            raise RunError(
                f"{unfinished}: expected to write, got: {reason}; free some disk space, the same command then goes on"
                " from the last checkpoint"
            ) from error
        unfinished.replace(self.path / name)

    def load_checkpoint(self) -> dict[str, Any] | None:
        """The last checkpoint, random state restored; None at the start of a run."""
        state = self.load(CHECKPOINT)
        if state is not None:
            torch.set_rng_state(state.pop("torch_random"))
        return state

    def load(self, name: str) -> dict[str, Any] | None:
        """What `save` wrote to a file of this folder, None where there is none."""
        file = self.path / name
        if not file.is_file():
            return None
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        return state


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
