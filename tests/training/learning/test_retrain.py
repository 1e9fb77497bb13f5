"""Retraining and export: the loss falls, a stopped run ends as an unbroken one, the bundle equals the network."""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from fpgnas_core.bundle import Bundle, load_bundle
from fpgnas_core.contour import ViewpointModel
from fpgnas_core.estimator import PoseEstimator
from tests.patience import PATIENCE_S
from training.data.batches import plain_batches
from training.data.bop import read_split
from training.data.crops import load_crops
from training.data.models import DatasetModel
from training.data.second_pass import as_second_pass
from training.errors import RunError
from training.learning.export import check_parity, export, load_network
from training.learning.export_settings import ExportSettings
from training.learning.loss import pose_loss
from training.learning.retrain import Retraining, best_of, retrain
from training.learning.retrain_settings import RetrainSettings
from training.learning.run_folder import RunFolder
from training.learning.validation import Validation
from training.rendering.renderer import Renderer
from training.rendering.viewpoints import viewpoint_model
from training.space.architecture import load_architecture
from training.space.network import PoseNetwork, build_network

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def settings(search_run: Path, dataset: str, tmp_path_factory: pytest.TempPathFactory) -> RetrainSettings:
    return RetrainSettings(
        architecture=str(search_run / "architecture.json"),
        initial_weights=str(search_run / "initial_weights.pt"),
        dataset=dataset,
        out=str(tmp_path_factory.mktemp("retrain")),
        steps=120,
        batch_size=8,
        learning_rate=0.01,
        ema_decay=0.9,
        validation_crops=10,
        validate_every=60,
        save_every=16,
        threads=1,
    )


@pytest.fixture(scope="module")
def run(settings: RetrainSettings) -> Path:
    return retrain(settings)


@pytest.fixture(scope="module")
def bundle(run: Path, dataset: str, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """With outlines from few sides, as all of them take a minute."""
    out = tmp_path_factory.mktemp("export") / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.learning.export.viewpoint_models", few_views)
        return export(ExportSettings(run=str(run), dataset=dataset, out=str(out), parity_images=4))


def few_views(models: Iterable[DatasetModel]) -> dict[int, ViewpointModel]:
    renderer = Renderer()
    return {model.object_id: viewpoint_model(renderer, model, views=20) for model in models}


def error(network: PoseNetwork, dataset: str) -> float:
    """Class and vote errors over the training crops as the second pass takes them."""
    batch = next(plain_batches(as_second_pass(load_crops(dataset, ("train",), 5, 64), 1), 60))
    with torch.inference_mode():
        loss = pose_loss(network(batch.images), batch.targets, 8)
    return float(loss.classes + loss.votes)


def test_training_lowers_the_error(run: Path, settings: RetrainSettings, dataset: str) -> None:
    architecture = load_architecture(settings.architecture)
    before = build_network(architecture)
    before.load_state_dict(torch.load(settings.initial_weights, weights_only=True))
    assert error(load_network(run, architecture), dataset) < 0.97 * error(before.eval(), dataset)


def test_two_processes_train_one_network(settings: RetrainSettings, dataset: str, tmp_path: Path) -> None:
    """Both end with the same weights, which are better than those they began with."""
    pytest.importorskip("lightning_fabric")
    again = replace(settings, out=str(tmp_path), devices=2)
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(asdict(again)))
    command = [sys.executable, str(ROOT / "training/retrain.py"), "--config", str(tmp_path / "settings.yaml")]
    subprocess.run(command, check=True, cwd=ROOT, timeout=PATIENCE_S)
    architecture = load_architecture(settings.architecture)
    before = build_network(architecture)
    before.load_state_dict(torch.load(settings.initial_weights, weights_only=True))
    assert error(load_network(tmp_path, architecture), dataset) < error(before.eval(), dataset)


def test_stopped_run_ends_with_the_same_weights(run: Path, settings: RetrainSettings, tmp_path: Path) -> None:
    again = replace(settings, out=str(tmp_path))
    _stop_after(again, steps=16)
    retrain(again)
    expected, got = (torch.load(folder / "weights.pt", weights_only=True) for folder in (run, tmp_path))
    for name, value in expected.items():
        torch.testing.assert_close(got[name], value)


def _stop_after(settings: RetrainSettings, steps: int) -> None:
    """Train as a run that was killed right after its checkpoint at `steps`."""
    crops, held_out = (load_crops(settings.dataset, (split,), 5, 64) for split in ("train", "val"))
    retraining = Retraining(settings, crops, held_out.first(10), RunFolder(settings.out, settings))
    original = retraining._save

    def save_and_stop() -> None:
        original()
        raise KeyboardInterrupt

    retraining._save = save_and_stop  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        retraining.train()
    assert retraining.step == steps


def test_weights_of_another_architecture_are_refused(settings: RetrainSettings, tmp_path: Path) -> None:
    other = tmp_path / "other.pt"
    torch.save({"stem.0.0.weight": torch.zeros(1)}, other)
    with pytest.raises(RunError, match=r"other\.pt: expected weights that fit"):
        retrain(replace(settings, initial_weights=str(other), out=str(tmp_path / "run")))


def test_bundle_gives_what_the_network_gives(run: Path, dataset: str, bundle: Bundle) -> None:
    architecture, loaded = load_architecture(run / "architecture.json"), load_bundle(bundle.path)
    assert loaded.macs == bundle.macs == architecture.macs
    assert list(loaded.viewpoints) == [model.object_id for model in loaded.objects]
    crops = load_crops(dataset, ("val",), 5, 64)
    model = bundle.model_path.read_bytes()
    assert check_parity(load_network(run, architecture), model, crops, 1e-4) < 1e-4


def test_network_that_disagrees_is_not_shipped(run: Path, dataset: str, bundle: Bundle) -> None:
    network = load_network(run, load_architecture(run / "architecture.json"))
    with torch.no_grad():
        network.output.bias[0] += 0.01
    model = bundle.model_path.read_bytes()
    with pytest.raises(RunError, match=r"parity: expected ONNX Runtime within 0\.0001 of PyTorch, got 0\.0"):
        check_parity(network, model, load_crops(dataset, ("val",), 5, 64, 4), 1e-4)


def test_estimator_runs_the_exported_bundle(dataset: str, bundle: Bundle) -> None:
    sample = read_split(Path(dataset), "val")[0]
    estimator = PoseEstimator(load_bundle(bundle.path), threads=1, confidence_threshold=0.0)
    for pose in estimator.estimate(sample.load_image(), sample.camera):
        assert np.isfinite(pose.T_camera_object).all()
    assert estimator.last_timings.network_s > 0


def test_bundle_has_what_training_goes_on_from_and_how_it_went(run: Path, bundle: Bundle) -> None:
    for name in ("weights.pt", "log.jsonl"):
        assert (bundle.path / name).read_bytes() == (run / name).read_bytes()


def test_unfinished_run_is_not_exported(search_run: Path, dataset: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"expected weights\.pt of a finished retraining"):
        export(ExportSettings(run=str(search_run), dataset=dataset, out=str(tmp_path)))


def test_weights_that_validate_best_are_written_and_of_equal_ones_the_average(run: Path) -> None:
    def validation(*errors: float) -> Validation:
        return Validation(("part",), np.zeros(len(errors), np.int64), np.array(errors))

    better, worse = validation(0.05, 0.2, 0.09), validation(0.05, 0.2, np.inf)
    assert best_of({"average": worse, "last": better}) == "last"
    assert best_of({"average": worse, "last": worse}) == "average"
    metrics, checkpoint = json.loads((run / "metrics.json").read_text()), torch.load(run / "checkpoint.pt")
    written = torch.load(run / "weights.pt", weights_only=True)
    prefix, state = (
        ("module.", checkpoint["average"]) if metrics["weights"] == "average" else ("", checkpoint["network"])
    )
    assert all(torch.equal(value, state[prefix + name]) for name, value in written.items())
