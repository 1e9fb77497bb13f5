"""Settings of the search; each default lives here with its documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from training.errors import SettingsError
from training.space.space import Space

AT_LEAST_ONE = (
    "budget_macs",
    "steps",
    "gate_every",
    "batch_size",
    "samples",
    "finalists",
    "ranking_crops",
    "save_every",
    "devices",
    "nodes",
)


@dataclass(frozen=True)
class SearchSettings:
    """FPG-NAS: find the network for one object and one FLOPs budget, with a gate for each operator."""

    dataset: str = ""
    """BOP folder of training crops, as training/render.py writes it."""
    out: str = ""
    """Run folder; a run that was stopped goes on where it was."""
    budget_macs: int = 75_000_000
    """Most multiply-accumulates of one pass over a crop, head included (1 MAC = 2 FLOPs)."""
    budgets: Sequence[int] = ()
    """Several budgets in place of budget_macs: a run each in folders of `out`, and their Pareto front."""
    cost: Literal["macs", "latency"] = "macs"
    """What the budget limits; latency needs table and budget_ms."""
    table: str = ""
    """Latency table of the target, as `python training/latency.py` measures it."""
    budget_ms: float = 0.0
    """Most milliseconds of one pass over a crop by that table."""
    space: Space = field(default_factory=Space)
    """The search space."""
    method: Literal["gates", "penalty", "softmax", "random"] = "gates"
    """gates: FPG-NAS.  Baselines: penalty (its FLOPs term weighed, not solved), softmax (one operator a layer, DNAS),
    random (the same space and budget, no gate ever learns)."""
    penalty_weight: float = 10.0
    """Weight of |expected cost / budget - 1| for method penalty."""
    estimator: Literal["straight_through", "sampled"] = "sampled"
    """Gradient of the gates. sampled: the score function for all choices, unbiased, open operators only and no backward
    pass.  straight_through: all operators computed, hard forward and binary-concrete backward, biased; widths, depths
    and strides by the score function. On the demo object's supernet (benchmarks/gate_estimators.py) one gradient of 16
    networks points nearer to the true one (cosine 0.27 in 0.85 s) than one straight through of 2 (0.16 in 0.31 s); as
    the cosine grows with the root of the time, both learn as much in a second, and what is unbiased and needs the
    memory of no closed operator is the default."""
    gate_samples: int = 16
    """Networks a gate step draws on one batch; each one's loss is judged against the others'."""
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
    """Architectures ranked on held-out crops: half from the final gates, half from them at the first temperature."""
    ranking_crops: int = 2000
    """Held-out crops that rank them."""
    finalists: int = 4
    """Networks that are trained from scratch for a while; the best third goes on for longer until one is left. A
    quarter are the best of the ranking, those of different widths and depths first; a quarter are drawn by gates that
    have not learned; half are proposed by what the losses of those before predict."""
    finalist_steps: int = 100
    """Steps of each finalist in the first round, after each further one three times as many; 0: the ranking decides."""
    save_every: int = 100
    """Steps between two checkpoints."""
    tensorboard: bool = False
    """Also write TensorBoard events to the run folder (needs the extra `tensorboard`)."""
    bfloat16: bool = False
    """Compute in bfloat16 where the processor has it."""
    accelerator: Literal["cpu", "gpu"] = "cpu"
    """Kind of device. gpu, several devices and several nodes go through Lightning Fabric."""
    devices: int = 1
    """Devices a node; they share every batch. With torchrun: as many as it starts."""
    nodes: int = 1
    """Machines."""
    threads: int = 0
    """CPU threads of PyTorch; 0: one a core."""
    describe: bool = False
    """Print the space (layers, candidates, number of architectures, smallest and largest network), draw it, and end."""
    json: bool = False
    """With --describe: one JSON object on standard output."""
    picture: str = "out/space.svg"
    """With --describe: where the picture of the space is written."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work: SettingsError names the field."""
        for name in AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise SettingsError(f"{name}: expected at least 1, got {getattr(self, name)}")
        self._check_folders()
        if self.input_size % 32:
            raise SettingsError(f"input_size: expected a multiple of 32, got {self.input_size}")
        if self.n_keypoints < 4:
            raise SettingsError(f"n_keypoints: expected at least 4, as PnP needs, got {self.n_keypoints}")
        if self.gate_samples < 2:
            raise SettingsError(f"gate_samples: expected at least 2, one to judge another by, got {self.gate_samples}")
        if self.cost == "latency" and not (self.table and self.budget_ms > 0):
            raise SettingsError("cost: expected table and budget_ms with latency, got none; measure a table first")
        if self.batch_size % (self.devices * self.nodes):
            count = self.devices * self.nodes
            raise SettingsError(f"batch_size: expected a multiple of all devices ({count}), got {self.batch_size}")
        self._check_method()

    def _check_folders(self) -> None:
        for name in ("dataset", "out"):
            if not getattr(self, name) and not self.describe:
                raise SettingsError(f"{name}: expected a folder, got none; see --help")

    def _check_method(self) -> None:
        if (self.method == "softmax") != self.space.exclusive:
            raise SettingsError("space.exclusive: expected true with method softmax and false with any other")
        if self.method == "softmax" and self.estimator != "straight_through":
            raise SettingsError("estimator: expected straight_through with method softmax, which mixes operators")
