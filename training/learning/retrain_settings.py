"""Settings of retraining; each default lives here with its documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from training.errors import SettingsError


@dataclass(frozen=True)
class RetrainSettings:
    """Train the network that a search found."""

    architecture: str
    """architecture.json of training/search.py; of other objects too, then with as many classes as the data set has."""
    dataset: str
    """BOP folder of training crops."""
    out: str
    """Run folder; a run that was stopped goes on where it was."""
    initial_weights: str = ""
    """Weights of that architecture, of other objects too, to start from: a search's initial_weights.pt, or the
    weights.pt of an earlier run; empty: from scratch."""
    train_splits: Sequence[str] = ("train",)
    """Splits to train on."""
    validation_split: str = "val"
    """Split to validate on."""
    crops: int = 0
    """Most training crops; 0: all."""
    validation_crops: int = 500
    """Most validation crops."""
    seed: int = 1
    """Seed of weights and augmentation."""
    steps: int = 10000
    """Steps of the whole schedule."""
    batch_size: int = 64
    """Crops a step."""
    learning_rate: float = 2e-3
    """Highest learning rate (Muon and AdamW, linear warm-up, cosine)."""
    weight_decay: float = 1e-2
    """Weight decay of convolutions."""
    ema_decay: float = 0.998
    """Decay of the moving average of the weights, which is validated, and exported unless the last ones are better."""
    augmentation: float = 0.7
    """Strength of exposure, blur and noise, 0 to 1."""
    colour_augmentation: float = 0.0
    """Strength of further changes of contrast, brightness and colour, 0 to 1: for cameras, lights and materials that
    differ from the rendered ones."""
    second_pass_share: float = 0.8
    """Share of the crops taken as by the second pass; the others as by the first, which finds the object."""
    upright_share: float = 0.9
    """Share of those turned upright; the others by any roll, for where the first pass was wrong about it."""
    most_roll_deg: float = 180.0
    """Crops as the first pass sees them are turned by up to this, degrees; 20 or so where objects stand (render.py
    --standing)."""
    validate_every: int = 1000
    """Steps between two validations."""
    save_every: int = 250
    """Steps between two checkpoints."""
    bfloat16: bool = False
    """Compute in bfloat16 where the processor has it."""
    accelerator: Literal["cpu", "gpu"] = "cpu"
    """Kind of device. A GPU holds all crops, and augments them itself."""
    devices: int = 1
    """Devices a node, which share every batch: processes with `threads` each on CPUs, where as many as cores are
    fastest. Several go through Lightning Fabric. With torchrun: as many as it starts on a node."""
    nodes: int = 1
    """Machines."""
    threads: int = 0
    """CPU threads of PyTorch in each process; 0: one a core."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work: SettingsError names the field."""
        if not 0 <= self.most_roll_deg <= 180:
            raise SettingsError(f"most_roll_deg: expected 0 to 180, got {self.most_roll_deg:g}")
        for name in ("second_pass_share", "upright_share", "colour_augmentation"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name}: expected 0 to 1, got {getattr(self, name):g}")
        for name in ("steps", "batch_size", "validate_every", "save_every", "validation_crops", "devices", "nodes"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name}: expected at least 1, got {getattr(self, name)}")
        count = self.devices * self.nodes
        if self.batch_size % count:
            raise SettingsError(f"batch_size: expected a multiple of all devices ({count}), got {self.batch_size}")
