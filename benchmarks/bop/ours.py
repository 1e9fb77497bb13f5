"""The errors and recalls of all targets by `fpgnas_core.metrics`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.bop.scenes import CAMERA, Estimate, Image, Instance
from fpgnas_core import metrics
from fpgnas_core.metrics import TargetErrors

Array = NDArray[np.float64]
Measure = Callable[[Image, Estimate, Instance], list[float]]


def _vsd(image: Image, estimate: Estimate, instance: Instance) -> list[float]:
    maps = estimate.depth, instance.depth, image.measured_mm / 1000
    diameter = estimate.shape.diameter
    return metrics.vsd(*maps, CAMERA, diameter, metrics.BOP_VSD_TAUS, metrics.BOP_VSD_DELTA).tolist()


def _mssd(image: Image, estimate: Estimate, instance: Instance) -> list[float]:
    shape = estimate.shape
    return [metrics.mssd(*_poses(estimate, instance), shape.points, shape.symmetries)]


def _mspd(image: Image, estimate: Estimate, instance: Instance) -> list[float]:
    shape = estimate.shape
    return [metrics.mspd(*_poses(estimate, instance), shape.points, shape.symmetries, CAMERA)]


def _add(image: Image, estimate: Estimate, instance: Instance) -> list[float]:
    return [metrics.add(*_poses(estimate, instance), estimate.shape.points)]


def _adi(image: Image, estimate: Estimate, instance: Instance) -> list[float]:
    return [metrics.adi(*_poses(estimate, instance), estimate.shape.points)]


def _proj(image: Image, estimate: Estimate, instance: Instance) -> list[float]:
    return [metrics.projection_error_px(*_poses(estimate, instance), estimate.shape.points, CAMERA)]


def _re(image: Image, estimate: Estimate, instance: Instance) -> list[float]:
    first, second = _poses(estimate, instance)
    return [metrics.rotation_error_deg(first[:3, :3], second[:3, :3])]


def _te(image: Image, estimate: Estimate, instance: Instance) -> list[float]:
    first, second = _poses(estimate, instance)
    return [metrics.translation_error(first[:3, 3], second[:3, 3])]


def _poses(estimate: Estimate, instance: Instance) -> tuple[Array, Array]:
    return estimate.result.T_camera_object, instance.T_camera_object


MEASURES: dict[str, Measure] = {
    "vsd": _vsd,
    "mssd": _mssd,
    "mspd": _mspd,
    "add": _add,
    "adi": _adi,
    "proj": _proj,
    "re": _re,
    "te": _te,
}
"""By the toolkit's names; metres, pixels, degrees."""

THRESHOLDS = {
    "vsd": metrics.BOP_THRESHOLDS,
    "mssd": metrics.BOP_THRESHOLDS,
    "mspd": metrics.BOP_MSPD_THRESHOLDS,
    "add": (0.05, 0.1),
    "adi": (0.05, 0.1),
}
"""Thresholds of correctness of the errors that recalls are compared of."""


def target_errors(images: list[Image], name: str) -> list[TargetErrors]:
    """One for each object to find in each image, in the unit of the threshold."""
    return [_target(image, object_id, name) for image in images for object_id in image.targets]


def _target(image: Image, object_id: int, name: str) -> TargetErrors:
    estimates = [e for e in image.estimates if e.shape.object_id == object_id]
    instances = [i for i in image.instances if i.shape.object_id == object_id]
    table = [[MEASURES[name](image, e, i) for i in instances] for e in estimates]
    n_errors = len(metrics.BOP_VSD_TAUS) if name == "vsd" else 1
    errors = np.array(table).reshape(len(estimates), len(instances), n_errors)
    if name in ("mssd", "add", "adi"):
        errors = errors / instances[0].shape.diameter
    if name == "mspd":
        errors = errors * (metrics.BOP_REFERENCE_WIDTH / CAMERA.width)
    confidences = np.array([e.result.confidence for e in estimates])
    return TargetErrors(
        confidences, errors, np.array([i.visible_fraction for i in instances]), image.targets[object_id]
    )
