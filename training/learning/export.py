"""ONNX export, checked against PyTorch on real images, and the bundle round it."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import yaml
from numpy.typing import NDArray
from torch import Tensor

from fpgnas_core.bundle import Bundle, write_bundle
from fpgnas_core.confidence import shifted
from fpgnas_core.contour import ViewpointModel
from fpgnas_core.uncertainty import FEWEST_FITTED, PoseError, fitted_scales
from training.data.batches import MEAN, STD, normalised
from training.data.crop_pixels import PICTURE
from training.data.crops import CropSet, load_crops
from training.data.models import read_models
from training.data.second_pass import as_second_pass
from training.errors import RunError
from training.evaluation.pose_errors import pose_errors
from training.evaluation.run import LOWEST, LOWEST_OF_GIVEN, evaluate_split
from training.evaluation.settings import EvaluationSettings
from training.learning.confidence import fitted_offsets, outcomes
from training.learning.export_settings import ExportSettings
from training.learning.retrain_settings import RetrainSettings
from training.learning.validation import solutions
from training.rendering.viewpoints import viewpoint_models
from training.space.architecture import Architecture, load_architecture
from training.space.cost import count_macs
from training.space.folding import fold
from training.space.network import PoseGrid, PoseNetwork, build_network

OPSET, IR_VERSION = 17, 8
FOR_TRAINING = ("weights.pt", "log.jsonl")
"""Files of a run that stay beside its bundle, to train on from and to see how it went; robots do not get them."""


def export(settings: ExportSettings) -> Bundle:
    """Write the bundle of a retraining run. Raises RunError where ONNX Runtime and PyTorch disagree."""
    run = Path(settings.run)
    architecture = load_architecture(run / "architecture.json")
    network = load_network(run, architecture)
    crops = load_crops(
        settings.dataset,
        (settings.split,),
        architecture.n_keypoints,
        architecture.input_size,
        max(settings.parity_images, settings.calibration_crops),
    )
    folded = fold(network)
    model = to_onnx(folded, architecture.input_size)
    difference = check_parity(network, model, crops.first(settings.parity_images), settings.tolerance)
    extra = {name: (run / name).read_bytes() for name in ("architecture.json", "settings.yaml", "metrics.json")}
    bundle = write_bundle(_describe(settings, architecture, crops, run), model, extra)
    if settings.calibration_frames:
        bundle = calibrated_on_frames(bundle, settings)
    else:
        errors = crop_errors(network, crops.first(settings.calibration_crops), run, bundle.viewpoints)
        bundle = replace(bundle, covariance_scales=_scales(errors))
    bundle = write_bundle(bundle, model, extra)
    for file in (run / name for name in FOR_TRAINING):
        if file.exists():  # a mean of several runs has no log
            shutil.copyfile(file, bundle.path / file.name)
    cost = f"{bundle.macs / 1e6:.2f} MMAC = {bundle.flops / 1e9:.4f} GFLOPs a crop pass"
    saved = 1 - count_macs(folded, architecture.input_size) / architecture.macs
    print(
        f"export: {bundle.path}, {cost}, {saved:.1%} less by folding, {bundle.params:,} weights, largest difference to"
        f" PyTorch {difference:.1e}"
    )
    return bundle


def load_network(run: Path, architecture: Architecture) -> PoseNetwork:
    """The trained network of a run folder, in evaluation mode. Raises RunError where the run is not finished."""
    network = build_network(architecture)
    try:
        network.load_state_dict(torch.load(run / "weights.pt", map_location="cpu", weights_only=True))
    except (OSError, RuntimeError) as error:
        raise RunError(f"{run}: expected weights.pt of a finished retraining, got: {error}; run retrain.py") from error
    return network.eval()


def to_onnx(network: PoseNetwork, size: int) -> bytes:
    """ONNX of opset 17 and IR version 8, which old runtimes load; batch, height and width are free."""
    axes = {0: "batch", 2: "height", 3: "width"}
    names = list(PoseGrid._fields)
    buffer = io.BytesIO()
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, size, size),),
        buffer,
        input_names=["image"],
        output_names=names,
        dynamic_axes=dict.fromkeys(["image", *names], axes),
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load_model_from_string(buffer.getvalue())
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content


def check_parity(network: PoseNetwork, model: bytes, crops: CropSet, tolerance: float) -> float:
    """Largest relative difference of any output over the crops, ONNX Runtime against PyTorch. Raises RunError."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    images = normalised(torch.from_numpy(crops.pixels.read()[:, PICTURE]))
    with torch.inference_mode():
        expected = network(images)
    got = session.run(None, {"image": images.numpy()})
    worst = max(_difference(e, g) for e, g in zip(expected, got, strict=True))
    if not worst <= tolerance:
        raise RunError(
            f"parity: expected ONNX Runtime within {tolerance:g} of PyTorch, got {worst:g}; do not ship this"
        )
    return worst


def _difference(expected: Tensor, got: NDArray[np.float32]) -> float:
    reference = expected.numpy()
    return float((np.abs(reference - got) / np.maximum(1.0, np.abs(reference))).max())


def calibrated_on_frames(bundle: Bundle, settings: ExportSettings) -> Bundle:
    """The exported bundle with confidences and covariances by what the robot makes of the calibration frames."""
    frames = settings.calibration_frames
    evaluation = evaluate_split(
        EvaluationSettings(settings.out, frames, settings.split, settings.out, confidence_threshold=LOWEST_OF_GIVEN)
    )
    ids = [known.object_id for known in bundle.objects]
    offsets = dict(zip(ids, fitted_offsets(outcomes(evaluation), ids), strict=True))
    errors = pose_errors(evaluation, lambda found: shifted(found.confidence, offsets[found.object_id]) >= LOWEST)
    return replace(bundle, confidence_offsets=tuple(offsets.values()), covariance_scales=_scales(errors))


def crop_errors(
    network: PoseNetwork, crops: CropSet, run: Path, viewpoints: Mapping[int, ViewpointModel]
) -> list[PoseError]:
    """Errors and covariances on the crops as the run's validation takes them, of those that are found."""
    taken = as_second_pass(crops, yaml.safe_load((run / "settings.yaml").read_text())["seed"])
    parts = zip(solutions(network, taken, viewpoints), taken.T_camera_object, taken.object_index, strict=True)
    return [
        PoseError.of(found.T_camera_object, found.covariance, truth, crops.objects[place])
        for found, truth, place in parts
        if found is not None
    ]


def _scales(errors: list[PoseError]) -> tuple[float, float]:
    scales = fitted_scales(errors)
    if scales is None:
        print(
            f"export: covariances stay as they are: expected {FEWEST_FITTED} poses or more without gross misses to"
            f" calibrate them, got {sum(not error.is_gross for error in errors)} of {len(errors)}",
            file=sys.stderr,
        )
    return scales or (1.0, 1.0)


def _describe(settings: ExportSettings, architecture: Architecture, crops: CropSet, run: Path) -> Bundle:
    metrics = json.loads((run / "metrics.json").read_text())
    trained = yaml.safe_load((run / "settings.yaml").read_text())
    models = read_models(crops.dataset / "models")
    return Bundle(
        path=Path(settings.out),
        objects=crops.objects,
        stride=architecture.space.grid_stride,
        macs=architecture.macs,
        params=architecture.params,
        licence=settings.licence,
        first_pass_sizes=tuple(settings.first_pass_sizes),
        crop_size=architecture.input_size,
        crop_fill=settings.crop_fill,
        most_roll_deg=trained.get("most_roll_deg", RetrainSettings.most_roll_deg),
        mean=MEAN,
        std=STD,
        acceptance={"data": f"{trained['dataset']}, split {trained['validation_split']}, crops", **metrics},
        viewpoints=viewpoint_models(models[known.object_id] for known in crops.objects),
    )
