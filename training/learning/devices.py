"""Where a training runs: one device as it is, or those of one or many machines through Lightning Fabric."""

from __future__ import annotations

import os
from typing import Any, Protocol, TypeVar

import torch
from torch import nn

from training.errors import SettingsError
from training.learning.team import Team

Module = TypeVar("Module", bound=nn.Module)
Value = TypeVar("Value")


class DeviceSettings(Protocol):
    """What settings say of devices."""

    @property
    def accelerator(self) -> str:
        """cpu or gpu."""

    @property
    def devices(self) -> int:
        """Devices a node."""

    @property
    def nodes(self) -> int:
        """Machines."""


class Devices:
    """This process's device, and its place among those that share every batch."""

    def __init__(self, device: torch.device | None = None, fabric: Any = None) -> None:
        self._fabric = fabric
        self.device: torch.device = fabric.device if fabric is not None else device or torch.device("cpu")
        self.team = Team() if fabric is None else Team(fabric.global_rank, fabric.world_size)

    @property
    def is_leader(self) -> bool:
        """Whether this process writes logs and checkpoints."""
        return self.team.is_leader

    def place(self, module: Module) -> Module:
        """The module on this device. Gradients are averaged by the team, so nothing wraps it."""
        return module.to(self.device)

    def wait(self) -> None:
        """Until all of the team are here."""
        if self._fabric is not None:
            self._fabric.barrier()


def launch(settings: DeviceSettings) -> Devices:
    """Start the processes that the settings ask for, or join those that torchrun has started. Raises SettingsError."""
    several = settings.devices * settings.nodes > 1 or int(os.environ.get("WORLD_SIZE", "1")) > 1
    if not several:
        return Devices(_only_device(settings))
    try:
        from lightning_fabric import Fabric
        from lightning_fabric.strategies import DDPStrategy
    except ImportError as error:
        raise SettingsError(
            f"accelerator, devices, nodes: {settings.accelerator} x {settings.devices} x {settings.nodes} need"
            " Lightning Fabric; pip install '.[train]'"
        ) from error
    try:
        backend = "cpu:gloo,cuda:nccl" if settings.accelerator == "gpu" else "gloo"  # a search's gates stay on the CPU
        fabric = Fabric(
            accelerator="cuda" if settings.accelerator == "gpu" else "cpu",
            devices=settings.devices,
            num_nodes=settings.nodes,
            strategy=DDPStrategy(process_group_backend=backend),
        )
    except Exception as error:  # Fabric has a class of its own, and ValueError, for devices that are not there
        raise SettingsError(f"accelerator: expected devices that are there, got: {error}") from error
    fabric.launch()
    return Devices(fabric=fabric)


def _only_device(settings: DeviceSettings) -> torch.device:
    if settings.accelerator == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise SettingsError(
            f"accelerator: expected devices that are there, got no GPU that PyTorch {torch.__version__} sees"
        )
    return torch.device("cuda", torch.cuda.current_device())
