"""Scores of made-up frames whose errors are known by hand."""

from collections.abc import Sequence

import numpy as np

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import exp_rotation, make_transform
from fpgnas_core.symmetry import ContinuousSymmetry
from fpgnas_ros.bag_evaluation.data import Answer, Estimate, Frame, TrueInstance
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.scoring import FrameScore, score_frame

CAMERA = Camera(100.0, 100.0, 31.5, 23.5, 64, 48)
POINTS = np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 0.1]])
DIAMETER, PERIOD_NS = 0.1, 100_000_000
TRIANGLES = np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]])


def evaluated(symmetric: bool = False, object_id: int = 1, name: str = "part") -> EvaluatedObject:
    """A corner of 10 cm; symmetric about its z axis where that is asked for."""
    axes = (ContinuousSymmetry((0.0, 0.0, 1.0)),) if symmetric else ()
    box = (0.1, 0.1, 0.1)
    model = ObjectModel(object_id, name, POINTS, DIAMETER, box, (0.05, 0.05, 0.05), symmetries_continuous=axes)
    return EvaluatedObject(model, POINTS, TRIANGLES)


OBJECTS = {1: evaluated()}


def at(x: float = 0.0, y: float = 0.0, z: float = 1.0, turn_deg: float = 0.0) -> FloatArray:
    """T_camera_object, turned about the camera's z axis."""
    return make_transform(exp_rotation([0, 0, np.radians(turn_deg)]), [x, y, z])


def frame(number: int, camera: Camera | None = CAMERA, bag: int = 0) -> Frame:
    """Ten frames a second."""
    stamp = 1_000_000_000 + number * PERIOD_NS
    return Frame(bag, number, stamp, stamp, "camera", camera)


def score(
    number: int,
    estimates: Sequence[FloatArray] | None,
    truth: Sequence[FloatArray] | None = (at(),),
    camera: Camera | None = CAMERA,
    latency_ns: int | None = None,
    objects: dict[int, EvaluatedObject] = OBJECTS,
    bag: int = 0,
    identity: str = "",
) -> FrameScore:
    """estimates: None for no answer; truth: None for unknown."""
    about = frame(number, camera, bag)
    answer = None
    if estimates is not None:
        found = tuple(Estimate(1, pose, 0.9 - 0.1 * place, identity) for place, pose in enumerate(estimates))
        answer = Answer(about.stamp_ns, None if latency_ns is None else about.stamp_ns + latency_ns, found)
    instances = None if truth is None else [TrueInstance(1, pose) for pose in truth]
    return score_frame(about, answer, instances, objects)


def run_of(offsets: Sequence[float | None], name: str = "run") -> Run:
    """One frame for each: the estimate is off by so many metres along x; None: missed."""
    return Run(name, [score(i, [] if x is None else [at(x)]) for i, x in enumerate(offsets)])
