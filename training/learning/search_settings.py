"""Settings of the search; each default lives here with its documentation."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.errors import SettingsError
from training.space.space import Space


@dataclass(frozen=True)
class SearchSettings:
    """FPG-NAS: find the network for one object and one FLOPs budget, with a gate for each operator."""

    dataset: str
    """BOP folder of training crops, as training/render.py writes it."""
    out: str
    """Run folder; a run that was stopped goes on where it was."""
    budget_macs: int = 75_000_000
    """Most multiply-accumulates of one pass over a crop, head included (1 MAC = 2 FLOPs)."""
    space: Space = field(default_factory=Space)
    """The search space."""
    train_split: str = "train"
    """Split whose crops train weights (80 %) and gates (20 %)."""
    crops: int = 0
    """Most crops used; 0: all of the split."""
    input_size: int = 128
    """Side of a crop, px; every crop of the data set has it."""
    n_keypoints: int = 12
    """Keypoints an object, the centre included."""
    seed: int = 1
    """Seed of weights, samples and augmentation."""
    warmup_steps: int = 600
    """Weight steps with random gates round the budget, before any gate learns."""
    steps: int = 1200
    """Weight steps after the warm-up."""
    gate_every: int = 4
    """Weight steps from one gate step to the next."""
    batch_size: int = 64
    """Crops a step."""
    learning_rate: float = 2e-3
    """Highest learning rate of the weights (Muon and AdamW, cosine)."""
    gate_learning_rate: float = 0.03
    """Learning rate of the gate logits (Adam)."""
    tau: tuple[float, float] = (1.0, 0.25)
    """Temperature of the gate probabilities, at the start and the end (geometric)."""
    concrete_tau: float = 0.7
    """Temperature of the concrete noise of gate steps."""
    augmentation: float = 0.7
    """Strength of exposure, blur and noise, 0 to 1."""
    samples: int = 24
    """Architectures sampled from the final gates and ranked on held-out crops."""
    ranking_crops: int = 2000
    """Held-out crops that rank them."""
    save_every: int = 100
    """Steps between two checkpoints."""
    bfloat16: bool = False
    """Compute in bfloat16, channels last, where the processor has it."""
    threads: int = 0
    """CPU threads of PyTorch; 0: one a core."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work: SettingsError names the field."""
        for name in (
            "budget_macs",
            "steps",
            "gate_every",
            "batch_size",
            "samples",
            "ranking_crops",
            "save_every",
        ):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name}: expected at least 1, got {getattr(self, name)}")
        if self.input_size % 32:
            raise SettingsError(f"input_size: expected a multiple of 32, got {self.input_size}")
        if self.n_keypoints < 4:
            raise SettingsError(f"n_keypoints: expected at least 4, as PnP needs, got {self.n_keypoints}")
