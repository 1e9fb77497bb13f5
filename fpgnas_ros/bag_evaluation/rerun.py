"""Runs a bundle again over the images of a recording: many frames at a time, the same result every time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace, TracebackType
from typing import Any

import onnxruntime
from tqdm import tqdm

from fpgnas_core.bundle import Bundle
from fpgnas_core.network import PROVIDERS
from fpgnas_ros.bag_evaluation import frame_worker
from fpgnas_ros.bag_evaluation.annotated import Write
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.frame_worker import Done, Task
from fpgnas_ros.bag_evaluation.inputs import OpenRecording
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.settings import EvaluationSettings
from fpgnas_ros.bag_evaluation.worker_processes import worker_context

QUEUED_PER_WORKER = 2
FRAMES_PER_JOB = 4
"""Fewer cost more time on the way to the workers and back, more keep more images in memory."""
IMAGE_FIELDS = ("encoding", "width", "height", "step", "data")


class Rerun:
    """Estimators of one bundle, each in a process of its own and on one CPU thread: that is the most frames a second.

    Frames are worked on in groups of `first_pass_period`; the first of a group is searched whole, the others follow
    the frame before them, as in the node. Groups do not depend on each other, so their order does not matter.
    """

    def __init__(self, bundle: Bundle, settings: EvaluationSettings, objects: Mapping[int, EvaluatedObject]) -> None:
        """Start the processes."""
        self.workers = settings.workers or _default_workers()
        self._period = settings.first_pass_period
        given = (bundle, settings.confidence_threshold, objects, settings.annotate)
        self._pool = ProcessPoolExecutor(self.workers, worker_context(), frame_worker.start, given)
        # One job each, so that all start now: a pool that starts one while another dies hangs (CPython 3.11).
        self._providers = [self._pool.submit(frame_worker.execution_provider) for _ in range(self.workers)]

    @property
    def execution_provider(self) -> str:
        """ONNX Runtime's name of what runs the network."""
        return self._providers[0].result()

    def __enter__(self) -> Rerun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def add_to(self, run: Run, recording: OpenRecording, write: Write) -> None:
        """Estimate and score every image, in memory only while it is worked on; `write` gets them in their order.

        Raises EvaluationError.
        """
        recording.reader.require_camera()
        progress = tqdm(desc=f"{run.name}: {recording.path.name}", unit="image", total=len(recording.reader))
        with progress:
            try:
                for task, done in self._in_order(recording):
                    if done.error:
                        recording.findings.add("image_errors", done.error)
                    # With the frame of here: those that come back have a camera each.
                    run.add(replace(done.score, frame=task.frame), done.seconds)
                    write(done.messages)
                    progress.update()
            except BrokenProcessPool as error:
                msg = f"{recording.path}: a process that worked on it ended early; is there memory for {self.workers}?"
                raise EvaluationError(f"{msg} Try --workers 1") from error

    def _in_order(self, recording: OpenRecording) -> Iterator[tuple[Task, Done]]:
        groups = max(1, FRAMES_PER_JOB // self._period)
        batches = _grouped(_tasks(recording), groups * self._period)
        jobs = ((batch, self._pool.submit(frame_worker.work, batch, self._period)) for batch in batches)
        for batch, job in _few_at_a_time(jobs, QUEUED_PER_WORKER * self.workers):
            yield from zip(batch, job.result(), strict=True)


def _tasks(recording: OpenRecording) -> Iterator[Task]:
    for frame, message in recording.reader.frames():
        fields = {name: getattr(message, name) for name in IMAGE_FIELDS if hasattr(message, name)}
        where = f"{recording.path}: image {frame.number}"
        yield Task(frame, SimpleNamespace(**fields), recording.truth_of(frame), where)


def _default_workers() -> int:
    """All cores; on a GPU one frame is prepared while another one is on the device."""
    available = set(onnxruntime.get_available_providers()) & set(PROVIDERS)
    return len(os.sched_getaffinity(0)) if available == {"CPUExecutionProvider"} else 2


def _grouped(tasks: Iterator[Task], size: int) -> Iterator[list[Task]]:
    while group := list(islice(tasks, size)):
        yield group


def _few_at_a_time(
    jobs: Iterator[tuple[list[Task], Future[Any]]], most: int
) -> Iterator[tuple[list[Task], Future[Any]]]:
    """The jobs in their order, with at most `most` begun and not yet given out."""
    begun = deque(islice(jobs, most))
    while begun:
        yield begun.popleft()
        begun.extend(islice(jobs, 1))
