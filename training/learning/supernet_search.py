"""The search loop: weights on one part of the crops, gates on the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from training.data.batches import Batch, augmented_batches
from training.data.crops import CropSet
from training.errors import RunError
from training.learning.devices import Devices
from training.learning.gate_gradient import sampled, through_operators, with_all_levels
from training.learning.loss import PoseLoss, pose_loss
from training.learning.optimiser import WeightOptimiser
from training.learning.precision import forward
from training.learning.run_folder import RunFolder
from training.learning.schedule import cosine_rate, geometric
from training.learning.search_log import SearchLog
from training.learning.search_settings import SearchSettings
from training.space.gates import BudgetGates
from training.space.layout import Layout, layout_of
from training.space.sampling import draw, straight_through
from training.space.supernet import Gates, Supernet
from training.space.table import CostTable

GRADIENT_NORM = 10.0
WEIGHT_DECAY = 1e-2
RATE_WARMUP_STEPS = 50
LOG_EVERY = 20
FAILED = "failed_step.pt"
WEIGHT_DRAWS, GATE_DRAWS = 17, 19


class SupernetSearch:
    """Supernet and gates of one search. weight_crops train the weights, gate_crops the gates."""

    def __init__(
        self,
        settings: SearchSettings,
        table: CostTable,
        crops: tuple[CropSet, CropSet],
        run: RunFolder,
        devices: Devices | None = None,
    ) -> None:
        """crops: those that train the weights, and those that train the gates."""
        torch.manual_seed(settings.seed)
        self.settings, self.run, self.devices = settings, run, devices or Devices()
        self.weight_crops, self.gate_crops = crops
        n_objects = len(self.weight_crops.objects)
        self.supernet = self.devices.place(Supernet(settings.space, n_objects, settings.n_keypoints))
        budget = settings.budget_ms if settings.cost == "latency" else settings.budget_macs
        self.gates = BudgetGates(settings.space, table, budget, exact=settings.method != "penalty")
        self.weight_optimiser = WeightOptimiser(self.supernet, self.supernet.output, WEIGHT_DECAY)
        self.gate_optimiser = torch.optim.Adam(
            self.gates.parameters(), lr=settings.gate_learning_rate, betas=(0.5, 0.99)
        )
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
        log = SearchLog(self.run, self.gates, self.step, self.settings.tensorboard, self.devices.is_leader)
        self.supernet.train()
        with tqdm(total=self.total_steps, initial=self.step, desc="search", unit="step", smoothing=0.02,
                  disable=not self.devices.is_leader) as bar:  # fmt: skip
            for batch in weight_batches:
                loss = self._weight_step(batch)
                if self._is_gate_step():
                    self._gate_step(next(gate_batches))
                self.step += 1
                bar.update()
                if self.step % LOG_EVERY == 0:
                    bar.set_postfix_str(log.write(self.step, self.tau, loss))
                if self.step % self.settings.save_every == 0:
                    self._save()
        self._save()

    def _batches(self) -> tuple[Iterator[Batch], Iterator[Batch]]:
        settings, gate_steps = self.settings, self._gate_steps_until(self.step)
        every, where = self._gate_steps_until(self.total_steps), (self.devices.team, self.devices.device)
        common = (settings.batch_size, settings.seed, settings.augmentation)
        weights = augmented_batches(self.weight_crops, *common, self.step, self.total_steps, *where)
        if every == gate_steps:
            return weights, iter(())
        return weights, augmented_batches(self.gate_crops, *common, gate_steps, every, *where)

    def _is_gate_step(self) -> bool:
        return self._gate_steps_until(self.step + 1) > self._gate_steps_until(self.step)

    def _gate_steps_until(self, step: int) -> int:
        if self.settings.method == "random":
            return 0
        return max(0, step - self.settings.warmup_steps) // self.settings.gate_every

    def _rng(self, purpose: int) -> np.random.Generator:
        """Fixed by seed and step, so that a resumed run draws what an unbroken one draws."""
        return np.random.default_rng([self.settings.seed, purpose, self.step])

    def _weight_step(self, batch: Batch) -> PoseLoss:
        """Only what one draw has open is computed; for softmax, whose layers mix all operators, all of them are."""
        rng = self._rng(WEIGHT_DRAWS)
        with torch.no_grad():
            p = self.gates.probabilities(self.tau)
        choice = draw(self.settings.space, p, 1, rng)[0]
        if self.settings.method == "softmax":
            mixed = straight_through(self.settings.space, p, choice, self.settings.concrete_tau, rng)
            loss = self._loss(batch, with_all_levels(self.settings.space, choice), mixed)
        else:
            loss = self._loss(batch, layout_of(self.settings.space, choice), None)
        self._check_finite("loss", loss.total, batch)
        self.weight_optimiser.zero_grad()
        loss.total.backward()
        self.devices.team.average_gradients(self.supernet.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.supernet.parameters(), GRADIENT_NORM)
        self._check_finite("gradient", norm, batch)
        self.weight_optimiser.set_rate(
            cosine_rate(self.step, self.total_steps, self.settings.learning_rate, RATE_WARMUP_STEPS)
        )
        self.weight_optimiser.step()
        return loss

    def _loss(self, batch: Batch, layout: Layout, gates: Gates | None) -> PoseLoss:
        grid = forward(self.supernet, batch.images, self.settings.bfloat16, layout, gates)
        return pose_loss(grid, batch.targets, self.settings.space.grid_stride)

    def _gate_step(self, batch: Batch) -> None:
        """The weights rest."""
        settings, rng = self.settings, self._rng(GATE_DRAWS)

        def loss(layout: Layout, gates: Gates | None) -> Tensor:
            found = self._loss(batch, layout, gates).total
            self._check_finite("loss", found, batch)
            return found.cpu()

        self.supernet.requires_grad_(False)
        self.gate_optimiser.zero_grad(set_to_none=True)
        if settings.estimator == "sampled":
            sampled(self.gates, self.tau, settings.gate_samples, loss, rng)
        else:
            through_operators(self.gates, self.tau, settings.concrete_tau, settings.gate_samples, loss, rng)
        if settings.method == "penalty":
            expected = self.gates.table.expected(self.gates.probabilities(self.tau))
            (settings.penalty_weight * (expected / self.gates.budget - 1).abs()).backward()
        self.devices.team.average_gradients(self.gates.parameters())
        self.gate_optimiser.step()
        self.supernet.requires_grad_(True)

    def _check_finite(self, what: str, value: Tensor, batch: Batch) -> None:
        """The weights are as they were before the step. Raises RunError."""
        if not torch.isfinite(value):
            failed = {"step": self.step, "images": batch.images, "masks": batch.targets.masks}
            self.run.save(FAILED, failed | {"logits": self.gates.logits.detach()})
            raise RunError(
                f"step {self.step}: expected a finite {what}, got {float(value.detach())}; batch and gates are in"
                f" {self.run.path / FAILED}, the last checkpoint in {self.run.path} is from before; use a lower"
                " learning_rate and another --out"
            )

    def _save(self) -> None:
        if self.devices.is_leader:
            self.run.save_checkpoint(
                {
                    "step": self.step,
                    "supernet": self.supernet.state_dict(),
                    "gates": self.gates.state_dict(),
                    "weight_optimiser": self.weight_optimiser.state_dict(),
                    "gate_optimiser": self.gate_optimiser.state_dict(),
                }
            )

    def _resume(self) -> None:
        state = self.run.load_checkpoint()
        if state is None:
            return
        self.step = state["step"]
        for name in ("supernet", "gates", "weight_optimiser", "gate_optimiser"):
            getattr(self, name).load_state_dict(state[name])
