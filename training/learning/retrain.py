"""Training of one chosen network: EMA, cosine schedule, validation by pose error, resumable."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path

import cv2
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from training.data.augmentation import Looks
from training.data.batches import Batch, augmented_batches
from training.data.crops import CropSet, load_crops
from training.data.second_pass import as_second_pass
from training.errors import RunError
from training.learning.devices import Devices, launch
from training.learning.loss import PoseLoss, pose_loss
from training.learning.optimiser import WeightOptimiser
from training.learning.precision import forward
from training.learning.retrain_settings import RetrainSettings
from training.learning.run_folder import RunFolder
from training.learning.schedule import cosine_rate
from training.learning.validation import Validation, validate
from training.space.architecture import load_architecture
from training.space.network import PoseNetwork, build_network
from training.space.other_objects import for_objects, with_classes

GRADIENT_NORM = 10.0
RATE_WARMUP_STEPS = 200


class Retraining:
    """One training run of one network."""

    def __init__(
        self,
        settings: RetrainSettings,
        crops: CropSet,
        held_out: CropSet,
        run: RunFolder,
        devices: Devices | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.crops, self.held_out, self.run = settings, crops, held_out, run
        self.devices = devices or Devices()
        self.team = self.devices.team
        self.architecture = for_objects(load_architecture(settings.architecture), len(crops.objects))
        self.network = self.devices.place(build_network(self.architecture))
        self._inherit()
        self.average = AveragedModel(
            self.network, multi_avg_fn=get_ema_multi_avg_fn(settings.ema_decay), use_buffers=True
        )
        self.optimiser = WeightOptimiser(self.network, self.network.output, settings.weight_decay)
        self.step, self.hours, self._last_save = 0, 0.0, time.monotonic()

    @property
    def averaged_network(self) -> PoseNetwork:
        """The network with the moving average of the weights."""
        module = self.average.module
        assert isinstance(module, PoseNetwork)
        return module

    def train(self) -> None:
        """Run to the end, from the last checkpoint where there is one, and write weights.pt and metrics.json."""
        self._resume()
        settings = self.settings
        batches = augmented_batches(
            self.crops,
            settings.batch_size,
            settings.seed,
            settings.augmentation,
            self.step,
            settings.steps,
            self.team,
            self.devices.device,
            Looks(
                settings.second_pass_share,
                settings.upright_share,
                math.radians(settings.most_roll_deg),
                settings.colour_augmentation,
            ),
        )
        bar = tqdm(
            total=settings.steps,
            initial=self.step,
            desc="retrain",
            unit="step",
            smoothing=0.02,
            disable=not self.team.is_leader,
        )
        self.network.train()
        for batch in batches:
            loss = self._train_step(batch)
            self.step += 1
            bar.update()
            if self.team.is_leader:
                self._report(bar, loss)
        if self.team.is_leader:
            self._save()
            self._finish()
        self.devices.wait()

    def _train_step(self, batch: Batch) -> PoseLoss:
        settings = self.settings
        grid = forward(self.network, batch.images, settings.bfloat16)
        loss = pose_loss(grid, batch.targets, self.architecture.space.grid_stride)
        if not torch.isfinite(loss.total):
            raise RunError(
                f"step {self.step}: expected a finite loss, got {float(loss.total)}; the last checkpoint in"
                f" {self.run.path} is from before; lower learning_rate"
            )
        self.optimiser.zero_grad()
        loss.total.backward()
        self.team.average_gradients(self.network.parameters())
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        self.optimiser.set_rate(self._rate())
        self.optimiser.step()
        self.average.update_parameters(self.network)
        return loss

    def _rate(self) -> float:
        return cosine_rate(self.step, self.settings.steps, self.settings.learning_rate, RATE_WARMUP_STEPS)

    def _report(self, bar: tqdm[None], loss: PoseLoss) -> None:
        if self.step % 20 == 0:
            bar.set_postfix_str(f"loss {loss.total:.2f}, votes {loss.votes:.2f} strides")

            values = {name: float(value.detach()) for name, value in loss._asdict().items()}
            self.run.log(self.step, values | {"rate": self._rate()})
        if self.step % self.settings.validate_every == 0 and self.step < self.settings.steps:
            found = self._validate()
            bar.write(f"step {self.step}: {found.summary()}")
        if self.step % self.settings.save_every == 0:
            self._save()

    def _validate(self) -> Validation:
        found = validate(self.averaged_network, self.held_out)
        self.run.log(self.step, {f"validation_{name}": value for name, value in found.shares().items()})
        return found

    def _finish(self) -> None:
        """Write what validates better: in a short training the average lags far behind the last weights."""
        networks = {"average": self.averaged_network, "last": self.network}
        validations = {name: validate(network, self.held_out) for name, network in networks.items()}
        chosen = best_of(validations)
        found = validations[chosen]
        self.run.log(self.step, {f"{name}_add_0_1d": v.shares()["add_0_1d"] for name, v in validations.items()})
        weights = {name: value.cpu() for name, value in networks[chosen].state_dict().items()}
        torch.save(weights, self.run.path / "weights.pt")
        metrics = found.shares() | {
            "weights": chosen,
            "hours": self.hours,
            "steps": self.step,
            "crops_seen": self.step * self.settings.batch_size,
        }
        (self.run.path / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
        self.architecture.save(self.run.path / "architecture.json")
        wrote = f"wrote {self.run.path / 'weights.pt'} ({chosen} weights)"
        print(f"retrain: {self.hours:.2f} h; {wrote}\n{found.summary()}")

    def _inherit(self) -> None:
        source = self.settings.initial_weights
        if not source:
            return
        try:
            state = torch.load(source, map_location="cpu", weights_only=True)
            before = len(state["output.bias"]) - sum(self.network.channels[1:])
            self.network.load_state_dict(with_classes(state, before, self.architecture.n_objects))
        except (OSError, RuntimeError, KeyError) as error:
            raise RunError(f"{source}: expected weights that fit {self.settings.architecture}, got: {error}") from error

    def _save(self) -> None:
        now = time.monotonic()
        self.hours, self._last_save = self.hours + (now - self._last_save) / 3600, now
        self.run.save_checkpoint(
            {
                "step": self.step,
                "hours": self.hours,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
            }
        )

    def _resume(self) -> None:
        state = self.run.load_checkpoint()
        if state is None:
            return
        self.step, self.hours = state["step"], state["hours"]
        for name in ("network", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])


def best_of(validations: Mapping[str, Validation]) -> str:
    """Name of that with most crops within a tenth of a diameter, of equal ones the first."""
    return max(validations, key=lambda name: validations[name].shares()["add_0_1d"])


def retrain(settings: RetrainSettings) -> Path:
    """Train and write weights.pt, metrics.json and architecture.json; returns the run folder."""
    if settings.threads:
        torch.set_num_threads(settings.threads)
        cv2.setNumThreads(settings.threads)
    architecture = load_architecture(settings.architecture)
    devices = launch(settings)
    run = RunFolder(settings.out, settings)
    count, size = architecture.n_keypoints, architecture.input_size
    crops = load_crops(settings.dataset, settings.train_splits, count, size, settings.crops)
    held_out = load_crops(settings.dataset, (settings.validation_split,), count, size, settings.validation_crops)
    Retraining(settings, crops, as_second_pass(held_out, settings.seed), run, devices).train()
    return run.path
