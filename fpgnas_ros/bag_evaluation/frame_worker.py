"""A process that estimates and scores frames; what goes in and out of it is small and can be pickled."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2

from fpgnas_core.bundle import Bundle
from fpgnas_core.errors import FpgnasError
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.recording.messages import image_of
from fpgnas_ros.bag_evaluation.annotated import Annotator, Messages
from fpgnas_ros.bag_evaluation.data import Answer, Estimate, Frame, TrueInstance
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.scoring import FrameScore, score_frame

FORGET_AFTER_S = 0.5  # as the node does


@dataclass(frozen=True, eq=False)
class Task:
    """One frame that is to be estimated."""

    frame: Frame
    image: Any
    """The fields of its message that `image_of` reads."""
    truth: list[TrueInstance] | None
    where: str
    """Names the image."""


@dataclass(frozen=True, eq=False)
class Done:
    """One frame that was estimated."""

    score: FrameScore
    messages: Messages | None
    """For the annotated recording, if there is one."""
    seconds: dict[str, float]
    """CPU time of each step."""
    error: str = ""
    """Why the image could not be used."""


class FrameWorker:
    """An estimator on one CPU thread and what it scores by."""

    def __init__(
        self, bundle: Bundle, confidence_threshold: float, objects: Mapping[int, EvaluatedObject], annotate: bool
    ) -> None:
        """Open the network. Raises BundleError."""
        cv2.setNumThreads(1)  # the other cores have workers of their own
        self.estimator = PoseEstimator(bundle, 1, confidence_threshold)
        self._objects = objects
        self._annotator = Annotator(objects) if annotate else None

    def follow(self, group: Sequence[Task]) -> Iterator[Done]:
        """Estimate frames that follow one another: the first is searched whole, as the node does."""
        previous: list[PoseEstimate] = []
        last_stamp_s = group[0].frame.stamp_s
        for task in group:
            if not 0 <= task.frame.stamp_s - last_stamp_s < FORGET_AFTER_S:
                previous = []
            last_stamp_s = task.frame.stamp_s
            try:
                previous, done = self._estimate(task, previous)
            except FpgnasError as error:
                said = f"{task.where}: {error}" if task.where not in str(error) else str(error)
                done = Done(score_frame(task.frame, None, task.truth, self._objects), None, {}, said)
            yield done

    def _estimate(self, task: Task, previous: list[PoseEstimate]) -> tuple[list[PoseEstimate], Done]:
        frame, marks = task.frame, [time.thread_time()]
        assert frame.camera is not None
        image = image_of(task.image, task.where)
        marks.append(time.thread_time())
        began = time.perf_counter()
        found = self.estimator.estimate(image, frame.camera, previous)
        answer = _answer(frame, found, time.perf_counter() - began, asdict(self.estimator.last_timings))
        marks.append(time.thread_time())
        score = score_frame(frame, answer, task.truth, self._objects)
        marks.append(time.thread_time())
        messages = None if self._annotator is None else self._annotator.messages_of(score, image)
        marks.append(time.thread_time())
        steps = ("decode_image", "estimate", "score", "annotate")
        return found, Done(score, messages, {n: b - a for n, a, b in zip(steps, marks, marks[1:], strict=False)})


def _answer(frame: Frame, poses: list[PoseEstimate], seconds: float, stages: dict[str, float]) -> Answer:
    estimates = tuple(Estimate(p.object_id, p.T_camera_object, p.confidence) for p in poses)
    named = {name.removesuffix("_s"): value for name, value in stages.items()}
    return Answer(frame.stamp_ns, None, estimates, {"estimate": seconds, **named})


_workers: list[FrameWorker] = []
"""The one of this process."""


def start(bundle: Bundle, confidence_threshold: float, objects: Mapping[int, EvaluatedObject], annotate: bool) -> None:
    """Make this process a worker; Ctrl-C is left to the process that it works for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _workers.append(FrameWorker(bundle, confidence_threshold, objects, annotate))


def execution_provider() -> str:
    """ONNX Runtime's name of what runs the network here."""
    return _workers[0].estimator.execution_provider


def work(tasks: Sequence[Task], period: int) -> list[Done]:
    """Estimate frames in groups of `period`."""
    groups = (tasks[i : i + period] for i in range(0, len(tasks), period))
    return [done for group in groups for done in _workers[0].follow(group)]
