"""Score a bundle on real photographs: `python benchmarks/real_photographs.py --bundle B --linemod DIR --mesh PLY`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.bundle import Bundle, load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.object_model import ObjectModel
from training.cli import run_command
from training.data.linemod import read_sequence
from training.data.models import DatasetModel
from training.data.sample import Sample
from training.errors import DatasetError
from training.evaluation.pictures import ESTIMATE_COLOUR, TRUE_COLOUR, surroundings, tile
from training.evaluation.run import LOWEST_OF_GIVEN, Evaluation, evaluate
from training.evaluation.samples import TestSet
from training.evaluation.scoring import ObjectScore
from training.evaluation.summary import summarise
from training.rendering.mesh import load_mesh
from training.rendering.renderer import Drawable, Material, Renderer

TILE_PX = 384


@dataclass(frozen=True)
class RealPhotographsSettings:
    """Errors of a bundle on each photograph of a LINEMOD sequence, as a table, as JSON and as pictures.

    As in LINEMOD each photograph is known to show the sequence's object, once.
    """

    bundle: str
    """Bundle folder; it knows the sequence's object under LINEMOD's number."""
    linemod: str
    """Folder of LINEMOD sequences in the classic layout, each with gt.yml and rgb."""
    mesh: str
    """The object's mesh, millimetres, in the frame of gt.yml."""
    sequence: str = "06"
    """Folder of the sequence; 06 is the cat."""
    out: str = "out/real_photographs"
    """Folder for overlays.png and summary.json."""
    confidence_threshold: float = LOWEST_OF_GIVEN
    """Lowest confidence of a detection, 0 to 1."""


def run(settings: RealPhotographsSettings) -> None:
    """Evaluate, print the table, write summary and pictures."""
    bundle = load_bundle(settings.bundle)
    samples = read_sequence(Path(settings.linemod) / settings.sequence)
    model = _model_of(bundle, samples[0], Path(settings.mesh))
    estimator = PoseEstimator(bundle, confidence_threshold=settings.confidence_threshold, patient=True)
    evaluation = evaluate(estimator, TestSet(samples, {model.object_id: model}, are_given=True))
    print(_table(evaluation.scores))
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    summary = {"bundle": settings.bundle, "sequence": settings.sequence, **summarise(evaluation)}
    summary["photographs"] = [_figures(score) for score in evaluation.scores]
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    cv2.imwrite(str(out / "overlays.png"), _pictures(evaluation, model.mesh_path))


def _model_of(bundle: Bundle, sample: Sample, mesh: Path) -> DatasetModel:
    """The bundle's object of the sequence with the mesh to measure on. Raises DatasetError."""
    object_id = sample.annotations[0].object_id
    known = _objects(bundle)
    if object_id not in known:
        raise DatasetError(f"{bundle.path}: expected a bundle that knows object {object_id}, got {sorted(known)}")
    model = known[object_id]
    return DatasetModel(
        object_id,
        model.name,
        mesh,
        model.diameter,
        model.box_size,
        model.box_center,
        model.symmetries_discrete,
        model.symmetries_continuous,
    )


def _objects(bundle: Bundle) -> dict[int, ObjectModel]:
    return {model.object_id: model for model in bundle.objects}


def _figures(score: ObjectScore) -> dict[str, float | int | bool]:
    figures: dict[str, float | int | bool] = {
        "image": score.sample.image_id,
        "distance_mm": 1000 * score.distance,
        "found": score.estimate is not None,
    }
    if score.estimate is not None:
        depth = score.estimate.T_camera_object[2, 3] - score.annotation.T_camera_object[2, 3]
        figures |= {
            "confidence": score.estimate.confidence,
            "add_mm": 1000 * score.add,
            "add_diameters": score.relative_add,
            "rotation_error_deg": score.rotation_error_deg,
            "translation_error_mm": 1000 * score.translation_error,
            "depth_error_mm": 1000 * float(depth),
        }
    return figures


def _table(scores: list[ObjectScore]) -> str:
    lines = ["image  distance mm  confidence  ADD mm  ADD d  rotation deg  translation mm  depth mm"]
    for figures in map(_figures, scores):
        start = f"{figures['image']:5d}  {figures['distance_mm']:11.0f}"
        if not figures["found"]:
            lines.append(f"{start}  not found")
            continue
        lines.append(
            f"{start}  {figures['confidence']:10.2f}  {figures['add_mm']:6.1f}  {figures['add_diameters']:5.3f}"
            f"  {figures['rotation_error_deg']:12.1f}  {figures['translation_error_mm']:14.1f}"
            f"  {figures['depth_error_mm']:+8.1f}"
        )
    return "\n".join(lines)


def _pictures(evaluation: Evaluation, mesh: Path) -> NDArray[np.uint8]:
    """A column a photograph: as it is, with the boxes, and with the outlines of the mesh at both poses."""
    renderer = Renderer()
    drawn, objects = renderer.upload(load_mesh(mesh, "mm")), _objects(evaluation.bundle)
    columns = []
    for score in evaluation.scores:
        model = objects[score.annotation.object_id]
        plain, _ = surroundings(score, model, TILE_PX)
        outlined = _outlined(score, model, renderer, drawn)
        columns.append(np.vstack([plain, tile(score, model, size=TILE_PX), outlined]))
    return np.hstack(columns)


def _outlined(score: ObjectScore, model: ObjectModel, renderer: Renderer, mesh: int) -> NDArray[np.uint8]:
    picture, camera = surroundings(score, model, TILE_PX)
    poses = [(TRUE_COLOUR, score.annotation.T_camera_object)]
    if score.estimate is not None:
        poses.append((ESTIMATE_COLOUR, score.estimate.T_camera_object))
    for colour, pose in poses:
        geometry = renderer.render_geometry(camera, [Drawable(mesh, pose, Material(), 1)])
        silhouette = (geometry.instances == 1).astype(np.uint8)
        outlines, _ = cv2.findContours(silhouette, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, outlines, -1, colour, 1, cv2.LINE_AA)
    return picture


if __name__ == "__main__":
    run_command(RealPhotographsSettings, run)
