"""Random images with annotated instances and estimates: good, bad, missing, doubled and of equal confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.bop.shapes import Shape
from fpgnas_core.bop_results import BopResult
from fpgnas_core.camera import Camera
from fpgnas_core.se3 import exp_rotation, make_transform

CAMERA = Camera(1075.0, 1073.0, 366.0, 289.0, 720, 540)
"""Size and lens of T-LESS's Primesense images, so that MSPD's scale is not 1."""
BACKGROUND_MM = 950
SHARE_UNMEASURED = 0.1
SHARE_MISSED = 0.15
SHARE_DOUBLED = 0.3
NOISE = ((0.3, 0.0005), (1.5, 0.002), (5.0, 0.008), (20.0, 0.03))
"""Standard deviations of estimates, degrees and metres."""
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Instance:
    """An annotated object."""

    shape: Shape
    T_camera_object: Array
    visible_fraction: float
    depth: Array
    """(H, W) metres: the object alone."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """An estimated object."""

    shape: Shape
    result: BopResult
    depth: Array
    """(H, W) metres: the object alone."""


@dataclass(frozen=True, eq=False)
class Image:
    """One image with all that is known and was guessed about it."""

    scene_id: int
    image_id: int
    measured_mm: NDArray[np.uint16]
    """(H, W), 0 where the sensor saw nothing."""
    instances: list[Instance]
    targets: dict[int, int]
    """Number of instances to find, by object id."""
    estimates: list[Estimate]


def make_images(shapes: list[Shape], n_images: int, rng: np.random.Generator) -> list[Image]:
    """Images in two scenes."""
    return [_make_image(shapes, 1 + index % 2, index, rng) for index in range(n_images)]


def _make_image(shapes: list[Shape], scene_id: int, image_id: int, rng: np.random.Generator) -> Image:
    instances = [_make_instance(shape, rng) for shape in shapes for _ in range(rng.integers(0, 4))]
    numbers = {shape.object_id: sum(i.shape is shape for i in instances) for shape in shapes}
    # Sometimes fewer are to be found than there are, and an object that is there is not asked for.
    targets = {key: int(rng.integers(1, n + 1)) for key, n in numbers.items() if n > 0 and rng.random() < 0.9}
    estimates = [guess for instance in instances for guess in _guesses(instance, scene_id, image_id, rng)]
    order = rng.permutation(len(estimates))
    return Image(scene_id, image_id, _measure(instances, rng), instances, targets, [estimates[i] for i in order])


def _make_instance(shape: Shape, rng: np.random.Generator) -> Instance:
    position = rng.uniform([-0.12, -0.08, 0.55], [0.12, 0.08, 0.9])
    pose = make_transform(exp_rotation(rng.uniform(-2, 2, 3)), position)
    return Instance(shape, pose, float(rng.uniform(0, 1)), shape.depth_map(pose, CAMERA))


def _guesses(instance: Instance, scene_id: int, image_id: int, rng: np.random.Generator) -> list[Estimate]:
    if rng.random() < SHARE_MISSED:
        return []
    confidence = float(rng.choice([0.25, 0.5, 0.5, rng.random()]))
    poses = [_perturbed(instance, rng) for _ in range(1 + (rng.random() < SHARE_DOUBLED))]
    results = [BopResult(scene_id, image_id, instance.shape.object_id, confidence, pose, 0.05) for pose in poses]
    return [Estimate(instance.shape, r, instance.shape.depth_map(r.T_camera_object, CAMERA)) for r in results]


def _perturbed(instance: Instance, rng: np.random.Generator) -> Array:
    degrees, metres = NOISE[rng.integers(len(NOISE))]
    symmetry = instance.shape.symmetries[rng.integers(len(instance.shape.symmetries))]
    pose = instance.T_camera_object @ symmetry
    rotation = exp_rotation(np.radians(rng.normal(0, degrees, 3))) @ pose[:3, :3]
    return make_transform(rotation, pose[:3, 3] + rng.normal(0, metres, 3))


def _measure(instances: list[Instance], rng: np.random.Generator) -> NDArray[np.uint16]:
    measured = np.full((CAMERA.height, CAMERA.width), BACKGROUND_MM / 1000)
    for instance in instances:
        measured = np.where(instance.depth > 0, np.minimum(instance.depth, measured), measured)
    measured[rng.random(measured.shape) < SHARE_UNMEASURED] = 0
    return np.round(1000 * measured).astype(np.uint16)
