"""Accuracy and cost of each pass and decoder: `python benchmarks/passes.py --bundle B --dataset DIR --split test`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
from tqdm import tqdm

from benchmarks.decoders import surface_alone, votes_alone, without_size
from fpgnas_core.arrays import ByteArray, Float32Array
from fpgnas_core.bundle import Bundle, load_bundle
from fpgnas_core.camera import Camera
from fpgnas_core.decode import CELL_CONFIDENCE, decode
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.imaging import Normaliser, whole_frame
from fpgnas_core.network import Grids, Network
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose import Solver, fine_pose
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.se3 import exp_rotation, make_transform, transform_points
from training.cli import run_command
from training.data.bop import read_split
from training.data.models import read_models
from training.data.sample import Sample
from training.errors import DatasetError
from training.evaluation.scoring import ObjectScore, ScoredModel, score_image

TRACKED_ROTATION_DEG, TRACKED_SHIFT = 5.0, 0.1
"""Standard deviations of a motion between frames: about each axis, and along each axis in diameters."""
Estimate = Callable[[Sample], list[PoseEstimate]]


@dataclass(frozen=True)
class PassesSettings:
    """Accuracy and multiply-accumulates a frame of one, two and three passes, tracked, and with parts left out."""

    bundle: str
    """Bundle folder."""
    dataset: str
    """Folder of a BOP data set with whole frames."""
    split: str = "test"
    """Name of the split."""
    out: str = "out/passes"
    """Folder for passes.json."""
    limit: int = 0
    """Number of images, the first ones; 0: all."""
    threads: int = 0
    """CPU threads of the network; 0: one a core."""
    seed: int = 1
    """Seed of the motions of tracked objects."""


@dataclass(frozen=True)
class Row:
    """One way to get poses. Shares of all annotated objects, 0 to 1; a missed one is wrong."""

    name: str
    add_0_1d: float
    add_0_05d: float
    found: float
    median_add_diameters: float
    """Of those found; NaN where none was."""
    mmacs_per_frame: float


class CountedNetwork:
    """A network that counts its multiply-accumulates."""

    def __init__(self, network: Network, bundle: Bundle) -> None:
        self.macs, self._network, self._bundle = 0, network, bundle

    def run(self, images: Float32Array) -> Grids:
        """As `Network.run`."""
        count, _, height, width = images.shape
        self.macs += count * self._bundle.macs_of(width, height)
        return self._network.run(images)


class OneCrop(PoseEstimator):
    """Takes the roll and the size that the first pass gives, however unsure the pose."""

    def _with_other_crops(
        self, _image: ByteArray, _camera: Camera, poses: Sequence[PoseEstimate | None]
    ) -> list[PoseEstimate | None]:
        return list(poses)


def run(settings: PassesSettings) -> None:
    """Measure, print the table, write JSON."""
    bundle = load_bundle(settings.bundle)
    dataset = Path(settings.dataset)
    infos = read_models(dataset / "models")
    samples = read_split(dataset, settings.split, infos)[: settings.limit or None]
    known = {model.object_id for model in bundle.objects} & infos.keys()
    if not any(annotation.object_id in known for sample in samples for annotation in sample.annotations):
        raise DatasetError(f"{dataset}: expected some of the bundle's objects, got none; check bundle and data set")
    models = {object_id: ScoredModel.load(infos[object_id]) for object_id in known}
    rows = [_measure(name, way, counter, samples, models) for name, way, counter in _ways(bundle, settings)]
    print("\n".join(_table(rows)))
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    figures = {"bundle": settings.bundle, "dataset": settings.dataset, "split": settings.split, "frames": len(samples)}
    (out / "passes.json").write_text(json.dumps(figures | {"rows": [asdict(row) for row in rows]}, indent=1) + "\n")


def _ways(bundle: Bundle, settings: PassesSettings) -> list[tuple[str, Estimate, CountedNetwork]]:
    first = FirstPass(bundle, settings.threads)
    ways: list[tuple[str, Estimate, CountedNetwork]] = [("first pass alone", first, first.network)]
    no_outline = replace(bundle, viewpoints={})
    two_passes: dict[str, tuple[Bundle, Solver, Callable[..., PoseEstimator]]] = {
        "votes alone, no outline": (no_outline, votes_alone, PoseEstimator),
        "surface alone, no outline": (no_outline, surface_alone, PoseEstimator),
        "votes and surface, no outline": (no_outline, without_size, PoseEstimator),
        "no outline": (no_outline, fine_pose, PoseEstimator),
        "no outline, one crop": (no_outline, fine_pose, OneCrop),
        "one crop": (bundle, fine_pose, OneCrop),
        "all": (bundle, fine_pose, PoseEstimator),
        "all, patient": (bundle, fine_pose, partial(PoseEstimator, patient=True)),
    }
    for name, (given, solve, kind) in two_passes.items():
        estimator, counter = _estimator(given, settings, solve, kind)
        ways.append((f"first and second pass, {name}", _two_passes(estimator), counter))
    estimator, counter = _estimator(bundle, settings, fine_pose)
    ways.append(("second pass again, all", _three_passes(estimator), counter))
    estimator, counter = _estimator(bundle, settings, fine_pose)
    ways.append(("tracked: second pass alone, all", _tracked(estimator, settings.seed), counter))
    return ways


def _estimator(
    bundle: Bundle, settings: PassesSettings, solve: Solver, kind: Callable[..., PoseEstimator] = PoseEstimator
) -> tuple[PoseEstimator, CountedNetwork]:
    estimator = kind(bundle, settings.threads or None, solve=solve)
    counter = CountedNetwork(estimator._perception.network, bundle)
    estimator._perception.network = counter  # type: ignore[assignment]
    return estimator, counter


def _two_passes(estimator: PoseEstimator) -> Estimate:
    return lambda sample: estimator.estimate(sample.load_image(), sample.camera)


def _three_passes(estimator: PoseEstimator) -> Estimate:
    def estimate(sample: Sample) -> list[PoseEstimate]:
        image = sample.load_image()
        found = estimator.estimate(image, sample.camera)
        return estimator.estimate(image, sample.camera, found) if found else []

    return estimate


def _tracked(estimator: PoseEstimator, seed: int) -> Estimate:
    """The pose of the frame before is the truth after a small motion. A lost one costs a first pass as on a robot."""
    models = {model.object_id: model for model in estimator.bundle.objects}

    def estimate(sample: Sample) -> list[PoseEstimate]:
        rng = np.random.default_rng([seed, sample.scene_id, sample.image_id])
        known = [a for a in sample.annotations if a.object_id in models]
        before = [_before(rng, models[a.object_id], a.T_camera_object, i, sample) for i, a in enumerate(known)]
        return estimator.estimate(sample.load_image(), sample.camera, before)

    return estimate


def _before(
    rng: np.random.Generator, model: ObjectModel, truth: np.ndarray, instance: int, sample: Sample
) -> PoseEstimate:
    turn = exp_rotation(np.radians(rng.normal(0, TRACKED_ROTATION_DEG, 3)))
    shift = rng.normal(0, TRACKED_SHIFT * model.diameter, 3)
    pose = make_transform(turn @ truth[:3, :3], truth[:3, 3] + shift)
    pixels = sample.camera.project(transform_points(pose, model.keypoints))
    return PoseEstimate(model.object_id, model.name, pose, np.eye(6), 1.0, pixels, 0.0, instance)


class FirstPass:
    """Poses of the whole frame's cells, without a second look."""

    def __init__(self, bundle: Bundle, threads: int) -> None:
        self._bundle, self._normaliser = bundle, Normaliser(bundle.mean, bundle.std)
        self.network = CountedNetwork(Network(bundle.model_path, threads or None), bundle)

    def __call__(self, sample: Sample) -> list[PoseEstimate]:
        bundle = self._bundle
        small, pixel_map = whole_frame(sample.load_image(), bundle.first_pass_sizes[0])
        grids = self.network.run(self._normaliser.batch([small]))
        found = []
        for votes in decode(
            *(getattr(grids, field.name)[0] for field in fields(grids)), bundle.stride, CELL_CONFIDENCE
        ):
            model = bundle.objects[votes.object_index]
            solution = fine_pose(votes, model, bundle.stride, pixel_map, sample.camera)
            if solution is not None:
                what = model.object_id, model.name, solution.T_camera_object, solution.covariance, votes.confidence
                pixels = pixel_map.to_frame(votes.keypoints_px)
                found.append(PoseEstimate(*what, pixels, solution.reprojection_rms_px, len(found)))
        return found


def _measure(
    name: str, way: Estimate, counter: CountedNetwork, samples: list[Sample], models: dict[int, ScoredModel]
) -> Row:
    scores: list[ObjectScore] = []
    for sample in tqdm(samples, desc=name, unit="image"):
        scores += score_image(sample, way(sample), models)
    errors = np.array([score.relative_add for score in scores])
    found = np.isfinite(errors)
    return Row(
        name,
        float((errors < 0.1).mean()),
        float((errors < 0.05).mean()),
        float(found.mean()),
        float(np.median(errors[found])) if found.any() else float("nan"),
        counter.macs / len(samples) / 1e6,
    )


def _table(rows: list[Row]) -> list[str]:
    lines = [f"{'':52s} {'ADD(-S)-0.1d':>12s} {'-0.05d':>7s} {'found':>7s} {'median':>8s} {'MMAC a frame':>13s}"]
    for row in rows:
        shares = f"{100 * row.add_0_1d:10.1f} % {100 * row.add_0_05d:5.1f} % {100 * row.found:5.1f} %"
        lines.append(f"{row.name:52s} {shares} {row.median_add_diameters:6.3f} d {row.mmacs_per_frame:13.1f}")
    return lines


if __name__ == "__main__":
    run_command(PassesSettings, run)
