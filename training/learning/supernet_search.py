"""The search loop: weights on one part of the crops, gates on the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from training.data.batches import Batch, augmented_batches
from training.data.crops import CropSet
from training.errors import RunError
from training.learning.loss import PoseLoss, pose_loss
from training.learning.optimiser import WeightOptimiser
from training.learning.precision import forward
from training.learning.run_folder import RunFolder
from training.learning.schedule import cosine_rate, geometric
from training.learning.search_settings import SearchSettings
from training.space.cost import count_macs
from training.space.gates import BudgetGates
from training.space.network import build_supernet

GRADIENT_NORM = 10.0
WEIGHT_DECAY = 1e-2
RATE_WARMUP_STEPS = 50


class SupernetSearch:
    """Supernet and gates of one search. weight_crops train the weights, gate_crops the gates."""

    def __init__(self, settings: SearchSettings, weight_crops: CropSet, gate_crops: CropSet, run: RunFolder) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.run = settings, run
        self.weight_crops, self.gate_crops = weight_crops, gate_crops
        n_objects = len(weight_crops.objects)
        self.supernet = build_supernet(settings.space, n_objects, settings.n_keypoints)
        self.cost = count_macs(self.supernet, settings.input_size)
        self.gates = BudgetGates(self.cost, settings.budget_macs)
        self.weight_optimiser = WeightOptimiser(self.supernet, self.supernet.output, WEIGHT_DECAY)
        self.gate_optimiser = torch.optim.Adam(
            self.gates.parameters(), lr=settings.gate_learning_rate, betas=(0.5, 0.99)
        )
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.step = 0

    @property
    def total_steps(self) -> int:
        """Weight steps of warm-up and search."""
        return self.settings.warmup_steps + self.settings.steps

    @property
    def tau(self) -> float:
        """Temperature of the gate probabilities at the present step."""
        share = (self.step - self.settings.warmup_steps) / self.settings.steps
        return geometric(*self.settings.tau, share)

    def train(self) -> None:
        """Run to the end, from the last checkpoint where there is one."""
        self._resume()
        weight_batches, gate_batches = self._batches()
        bar = tqdm(total=self.total_steps, initial=self.step, desc="search", unit="step", smoothing=0.02)
        self.supernet.train()
        for batch in weight_batches:
            loss = self._weight_step(batch)
            if self._is_gate_step():
                self._gate_step(next(gate_batches))
            self.step += 1
            bar.update()
            self._report(bar, loss)
        self._save()

    def _batches(self) -> tuple[Iterator[Batch], Iterator[Batch]]:
        settings, gate_steps = self.settings, self._gate_steps_until(self.step)
        every = self._gate_steps_until(self.total_steps)
        common = (settings.batch_size, settings.seed, settings.augmentation)
        weights = augmented_batches(self.weight_crops, *common, self.step, self.total_steps)
        gates = augmented_batches(self.gate_crops, *common, gate_steps, every) if every > gate_steps else iter(())
        return weights, gates

    def _is_gate_step(self) -> bool:
        return self._gate_steps_until(self.step + 1) > self._gate_steps_until(self.step)

    def _gate_steps_until(self, step: int) -> int:
        return max(0, step - self.settings.warmup_steps) // self.settings.gate_every

    def _weight_step(self, batch: Batch) -> PoseLoss:
        """Only the operators of one hard sample are computed."""
        gates = self.gates.sample_hard(self.tau, self.generator)
        loss = self._loss(batch, gates)
        self._check_finite(loss)
        self.weight_optimiser.zero_grad()
        loss.total.backward()
        torch.nn.utils.clip_grad_norm_(self.supernet.parameters(), GRADIENT_NORM)
        self.weight_optimiser.set_rate(
            cosine_rate(self.step, self.total_steps, self.settings.learning_rate, RATE_WARMUP_STEPS)
        )
        self.weight_optimiser.step()
        return loss

    def _loss(self, batch: Batch, gates: Sequence[Tensor | float]) -> PoseLoss:
        grid = forward(self.supernet, batch.images, self.settings.bfloat16, gates)
        return pose_loss(grid, batch.targets, self.settings.space.grid_stride)

    def _gate_step(self, batch: Batch) -> None:
        """All operators are computed, so that closed gates get a gradient too; the weights rest."""
        self.supernet.requires_grad_(False)
        gates = self.gates.sample_straight_through(self.tau, self.settings.concrete_tau, self.generator)
        loss = self._loss(batch, list(gates.unbind()))
        self._check_finite(loss)
        self.gate_optimiser.zero_grad(set_to_none=True)
        loss.total.backward()
        self.gate_optimiser.step()
        self.supernet.requires_grad_(True)

    def _check_finite(self, loss: PoseLoss) -> None:
        if not torch.isfinite(loss.total):
            raise RunError(
                f"step {self.step}: expected a finite loss, got {float(loss.total)}; the last checkpoint in"
                f" {self.run.path} is from before; lower learning_rate"
            )

    def _report(self, bar: tqdm[None], loss: PoseLoss) -> None:
        if self.step % 20 == 0:
            p = self.gates.probabilities(self.tau).detach()
            entropy = float(torch.special.entr(p).add(torch.special.entr(1 - p)).mean())
            expected = self.cost.base + self.gates.expected_macs(self.tau)
            values = {name: float(value.detach()) for name, value in loss._asdict().items()} | {
                "expected_macs": expected,
                "entropy": entropy,
                "tau": self.tau,
            }
            self.run.log(self.step, values)
            bar.set_postfix_str(
                f"loss {loss.total:.2f}, votes {loss.votes:.2f}, E[F] {expected / 1e6:.1f} MMAC, entropy {entropy:.2f}"
            )
        if self.step % self.settings.save_every == 0:
            self._save()

    def _save(self) -> None:
        self.run.save_checkpoint(
            {
                "step": self.step,
                "supernet": self.supernet.state_dict(),
                "gates": self.gates.state_dict(),
                "weight_optimiser": self.weight_optimiser.state_dict(),
                "gate_optimiser": self.gate_optimiser.state_dict(),
                "generator": self.generator.get_state(),
            }
        )

    def _resume(self) -> None:
        state = self.run.load_checkpoint()
        if state is None:
            return
        self.step = state["step"]
        self.generator.set_state(state["generator"])
        for name in ("supernet", "gates", "weight_optimiser", "gate_optimiser"):
            getattr(self, name).load_state_dict(state[name])
