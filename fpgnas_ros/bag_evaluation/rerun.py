"""Runs a bundle again over the images of a recording: many frames at a time, the same result every time."""

from __future__ import annotations

import os
import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from itertools import islice
from typing import Any

from tqdm import tqdm

from fpgnas_core.arrays import ByteArray
from fpgnas_core.bundle import Bundle
from fpgnas_core.errors import FpgnasError
from fpgnas_core.estimator import PoseEstimate, PoseEstimator
from fpgnas_core.recording.messages import image_of
from fpgnas_ros.bag_evaluation.data import Answer, Estimate, Frame
from fpgnas_ros.bag_evaluation.inputs import OpenRecording
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.scoring import FrameScore, score_frame

QUEUED_PER_WORKER = 2
FORGET_AFTER_S = 0.5  # as the node does

Image = tuple[Frame, Any]
Keep = Callable[[FrameScore, ByteArray], Any]


class Rerun:
    """Estimators of one bundle, one for each worker and each on one CPU thread: that is the most frames a second.

    Frames are worked on in groups of `first_pass_period`; the first of a group is searched whole, the others follow
    the frame before them, as in the node. Groups do not depend on each other, so their order does not matter.
    """

    def __init__(self, bundle: Bundle, first_pass_period: int, confidence_threshold: float, workers: int) -> None:
        """workers: 0 is as many as the machine is good for."""
        first = PoseEstimator(bundle, 1, confidence_threshold)
        self.execution_provider = first.execution_provider
        self.workers = workers or _default_workers(self.execution_provider)
        self._period = first_pass_period
        self._idle: queue.SimpleQueue[PoseEstimator] = queue.SimpleQueue()
        self._idle.put(first)
        for _ in range(self.workers - 1):
            self._idle.put(PoseEstimator(bundle, 1, confidence_threshold))

    def add_to(
        self,
        run: Run,
        recording: OpenRecording,
        objects: Mapping[int, EvaluatedObject],
        keep: Keep,
        use: Callable[[Any], None],
    ) -> None:
        """Estimate and score every image; frames are in memory only while they are worked on.

        keep: what a worker makes of a score and its picture; use: what is done with that, in the order of the frames.
        """
        recording.reader.require_camera()
        progress = tqdm(desc=f"{run.name}: {recording.path.name}", unit="image", total=len(recording.reader))
        with ThreadPoolExecutor(self.workers) as pool, progress:
            groups = _grouped(recording.reader.frames(), self._period)
            jobs = (pool.submit(self._work, group, recording, objects, keep) for group in groups)
            for job in _few_at_a_time(jobs, QUEUED_PER_WORKER * self.workers):
                for score, kept in job.result():
                    run.scores.append(score)
                    use(kept)
                    progress.update()

    def _work(
        self, group: list[Image], recording: OpenRecording, objects: Mapping[int, EvaluatedObject], keep: Keep
    ) -> list[tuple[FrameScore, Any]]:
        estimator = self._idle.get()
        try:
            return list(_follow(estimator, group, recording, objects, keep))
        finally:
            self._idle.put(estimator)


def _default_workers(execution_provider: str) -> int:
    """All cores; on a GPU one frame is prepared while another one is on the device."""
    return len(os.sched_getaffinity(0)) if execution_provider == "CPUExecutionProvider" else 2


def _follow(
    estimator: PoseEstimator,
    group: list[Image],
    recording: OpenRecording,
    objects: Mapping[int, EvaluatedObject],
    keep: Keep,
) -> Iterator[tuple[FrameScore, Any]]:
    previous: list[PoseEstimate] = []
    last_stamp_s = group[0][0].stamp_s
    for frame, message in group:
        where = f"{recording.path}: image {frame.number}"
        if not 0 <= frame.stamp_s - last_stamp_s < FORGET_AFTER_S:
            previous = []
        last_stamp_s = frame.stamp_s
        try:
            image = image_of(message, where)
            assert frame.camera is not None
            began = time.perf_counter()
            previous = estimator.estimate(image, frame.camera, previous)
            answer = _answer(frame, previous, time.perf_counter() - began, asdict(estimator.last_timings))
        except FpgnasError as error:
            recording.findings.add("image_errors", f"{where}: {error}" if where not in str(error) else str(error))
            yield score_frame(frame, None, recording.truth_of(frame), objects), None
            continue
        score = score_frame(frame, answer, recording.truth_of(frame), objects)
        yield score, keep(score, image)


def _answer(frame: Frame, poses: list[PoseEstimate], seconds: float, stages: dict[str, float]) -> Answer:
    estimates = tuple(Estimate(p.object_id, p.T_camera_object, p.confidence) for p in poses)
    named = {name.removesuffix("_s"): value for name, value in stages.items()}
    return Answer(frame.stamp_ns, None, estimates, {"estimate": seconds, **named})


def _grouped(images: Iterator[Image], size: int) -> Iterator[list[Image]]:
    while group := list(islice(images, size)):
        yield group


def _few_at_a_time(jobs: Iterator[Future[Any]], most: int) -> Iterator[Future[Any]]:
    """The jobs in their order, with at most `most` begun and not yet given out."""
    begun = deque(islice(jobs, most))
    while begun:
        yield begun.popleft()
        begun.extend(islice(jobs, 1))
