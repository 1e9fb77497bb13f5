"""BOP's average recall of an evaluation; VSD only where every image has a depth image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fpgnas_core import metrics
from fpgnas_core.camera import Camera
from fpgnas_core.metrics import TargetErrors
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.symmetry import symmetry_transforms
from training.data.models import DatasetModel
from training.data.sample import Annotation, Sample
from training.evaluation.run import Evaluation, FrameResult
from training.rendering.renderer import Drawable, Material, Renderer

Measure = Callable[[PoseEstimate, Annotation], list[float]]


class _BopModel:
    """Points, symmetries and, for depth images, the mesh on the graphics card, of one object."""

    def __init__(self, model: DatasetModel, renderer: Renderer | None) -> None:
        mesh = model.load_mesh()
        self.diameter = model.diameter
        self.points = np.unique(mesh.vertices.astype(np.float64), axis=0)
        self.symmetries = symmetry_transforms(
            model.symmetries_discrete, model.symmetries_continuous, metrics.BOP_SYMMETRY_STEPS
        )
        self.uploaded = None if renderer is None else renderer.upload(mesh)


def average_recalls(evaluation: Evaluation) -> dict[str, float]:
    """`ar_mssd` and `ar_mspd`, and with depth images `ar_vsd` and their mean `ar`; shares of 0 to 1.

    Every annotated object of the bundle is a target, whatever its visible share.
    """
    with_depth = all(frame.sample.has_depth for frame in evaluation.frames)
    renderer = Renderer() if with_depth else None
    models = {i: _BopModel(evaluation.models[i], renderer) for i in evaluation.models}
    mssd, mspd, vsd = [], [], []
    for frame in evaluation.frames:
        for object_id in sorted({score.annotation.object_id for score in frame.scores}):
            model = models[object_id]
            mssd.append(_target(frame, object_id, _mssd(model), 1))
            mspd.append(_target(frame, object_id, _mspd(model, frame.sample.camera), 1))
            if renderer is not None:
                measure = _vsd(model, frame.sample, renderer)
                vsd.append(_target(frame, object_id, measure, len(metrics.BOP_VSD_TAUS)))
    if with_depth:
        found = metrics.bop_scores(vsd, mssd, mspd)
        return {"ar": found.ar, "ar_vsd": found.ar_vsd, "ar_mssd": found.ar_mssd, "ar_mspd": found.ar_mspd}
    return {
        "ar_mssd": metrics.average_recall(mssd, metrics.BOP_THRESHOLDS),
        "ar_mspd": metrics.average_recall(mspd, metrics.BOP_MSPD_THRESHOLDS),
    }


def _target(frame: FrameResult, object_id: int, measure: Measure, n_errors: int) -> TargetErrors:
    annotations = [score.annotation for score in frame.scores if score.annotation.object_id == object_id]
    found = [estimate for estimate in frame.estimates if estimate.object_id == object_id]
    found = sorted(found, key=lambda estimate: -estimate.confidence)[: len(annotations)]
    errors = [[measure(estimate, annotation) for annotation in annotations] for estimate in found]
    visible = [1.0 if a.visible_fraction is None else a.visible_fraction for a in annotations]
    return TargetErrors(
        np.array([estimate.confidence for estimate in found]),
        np.array(errors).reshape(len(found), len(annotations), n_errors),
        np.array(visible),
        len(annotations),
    )


def _mssd(model: _BopModel) -> Measure:
    def measure(estimate: PoseEstimate, annotation: Annotation) -> list[float]:
        poses = estimate.T_camera_object, annotation.T_camera_object
        return [metrics.mssd(*poses, model.points, model.symmetries) / model.diameter]

    return measure


def _mspd(model: _BopModel, camera: Camera) -> Measure:
    def measure(estimate: PoseEstimate, annotation: Annotation) -> list[float]:
        poses = estimate.T_camera_object, annotation.T_camera_object
        error = metrics.mspd(*poses, model.points, model.symmetries, camera)
        return [error * metrics.BOP_REFERENCE_WIDTH / camera.width]

    return measure


def _vsd(model: _BopModel, sample: Sample, renderer: Renderer) -> Measure:
    measured = sample.load_depth()

    def depth(pose: NDArray[np.float64]) -> NDArray[np.float32]:
        assert model.uploaded is not None
        drawn = [Drawable(model.uploaded, pose, Material(), 1)]
        return renderer.render_geometry(sample.camera, drawn).depth

    def measure(estimate: PoseEstimate, annotation: Annotation) -> list[float]:
        maps = depth(estimate.T_camera_object), depth(annotation.T_camera_object), measured
        taus, delta = metrics.BOP_VSD_TAUS, metrics.BOP_VSD_DELTA
        return metrics.vsd(*maps, sample.camera, model.diameter, taus, delta).tolist()

    return measure
