"""Settings of retraining; each default lives here with its documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.errors import SettingsError


@dataclass(frozen=True)
class RetrainSettings:
    """Train the network that a search found."""

    architecture: str
    """architecture.json of training/search.py."""
    dataset: str
    """BOP folder of training crops."""
    out: str
    """Run folder; a run that was stopped goes on where it was."""
    supernet: str = ""
    """supernet.pt whose weights are inherited; empty: from scratch."""
    initial_weights: str = ""
    """weights.pt of an earlier run of the same architecture to start from; empty: none."""
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
    """Decay of the moving average of the weights that is validated and exported."""
    augmentation: float = 0.7
    """Strength of exposure, blur and noise, 0 to 1."""
    validate_every: int = 1000
    """Steps between two validations."""
    save_every: int = 250
    """Steps between two checkpoints."""
    bfloat16: bool = False
    """Compute in bfloat16, channels last, where the processor has it."""
    processes: int = 1
    """Processes that share every batch; on CPUs as many as cores, with one thread each."""
    threads: int = 0
    """CPU threads of PyTorch in each process; 0: one a core."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work: SettingsError names the field."""
        for name in ("steps", "batch_size", "validate_every", "save_every", "validation_crops", "processes"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name}: expected at least 1, got {getattr(self, name)}")
        if self.batch_size % self.processes:
            raise SettingsError(
                f"batch_size: expected a multiple of processes ({self.processes}), got {self.batch_size}"
            )
        if self.supernet and self.initial_weights:
            raise SettingsError("supernet, initial_weights: expected at most one of them, got both")
