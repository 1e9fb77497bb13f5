"""Where a search runs: one CPU process as it is, or the devices of one or many machines through Lightning Fabric."""

from __future__ import annotations

from typing import Any, TypeVar

from torch import nn

from training.errors import SettingsError
from training.learning.search_settings import SearchSettings
from training.learning.team import Team

Module = TypeVar("Module", bound=nn.Module)
Value = TypeVar("Value")


class Devices:
    """This process's device, and its place among those that share every batch. Without a fabric: the CPU, alone."""

    def __init__(self, fabric: Any = None) -> None:
        self._fabric = fabric
        self.team = Team() if fabric is None else Team(fabric.global_rank, fabric.world_size)

    @property
    def is_leader(self) -> bool:
        """Whether this process writes logs and checkpoints."""
        return self.team.is_leader

    def place(self, module: Module) -> Module:
        """The module on this device. Gradients are averaged by the team, so nothing wraps it."""
        return module if self._fabric is None else module.to(self._fabric.device)

    def take(self, value: Value) -> Value:
        """Tensors, in tuples and the like, on this device."""
        return value if self._fabric is None else self._fabric.to_device(value)

    def wait(self) -> None:
        """Until all of the team are here."""
        if self._fabric is not None:
            self._fabric.barrier()


def launch(settings: SearchSettings) -> Devices:
    """Start the processes that the settings ask for, or join those that torchrun has started. Raises SettingsError."""
    if settings.accelerator == "cpu" and settings.devices == settings.nodes == 1:
        return Devices()
    try:
        from lightning_fabric import Fabric
        from lightning_fabric.strategies import DDPStrategy
    except ImportError as error:
        raise SettingsError(
            f"accelerator, devices, nodes: {settings.accelerator} x {settings.devices} x {settings.nodes} need"
            " Lightning Fabric; pip install '.[fabric]'"
        ) from error
    try:
        several = settings.devices * settings.nodes > 1
        backend = "cpu:gloo,cuda:nccl" if settings.accelerator == "gpu" else "gloo"  # the gates stay on the CPU
        fabric = Fabric(
            accelerator=settings.accelerator,
            devices=settings.devices,
            num_nodes=settings.nodes,
            strategy=DDPStrategy(process_group_backend=backend) if several else "auto",
        )
    except Exception as error:  # Fabric has a class of its own, and ValueError, for devices that are not there
        raise SettingsError(f"accelerator: expected devices that are there, got: {error}") from error
    fabric.launch()
    return Devices(fabric)
