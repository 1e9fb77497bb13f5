"""The process that workers are forked from: it imports once what all of them need, and has no threads."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

IMPORTED = "fpgnas_ros.bag_evaluation.frame_worker"


def worker_context() -> ForkServerContext:
    """What starts workers. The first call starts the process, which imports meanwhile, and does not wait for it.

    A fork of this process, with its threads, could hang; a fresh one would import everything for each worker.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([IMPORTED])
    # Read when NumPy is imported: its threads would wait by spinning on cores that have workers of their own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    forkserver.ensure_running()
    return context
