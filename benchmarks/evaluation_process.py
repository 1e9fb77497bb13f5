"""evaluate_bag as a process of its own: its time, and the memory of it and of the processes that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from training.errors import RunError

ROOT = Path(__file__).resolve().parents[1]
INTERVAL_S = 0.1


@dataclass(frozen=True)
class Finished:
    """What a process took."""

    seconds: float
    cpu_s: float
    """Of the process itself, without those that it starts."""
    peak_mb: float
    """Largest sum of the processes' proportional set sizes: shared pages count once."""


def evaluate_bag(*arguments: str) -> Finished:
    """Run it to its end. Raises RunError where that is not a good one."""
    command = [sys.executable, "-m", "fpgnas_ros.evaluate_bag", *arguments]
    began, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})
    peak = [0.0]
    watch = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watch.start()
    status = process.wait()
    seconds, after = time.perf_counter() - began, os.times()
    watch.join()
    if status:
        raise RunError(f"evaluate_bag: expected exit code 0, got {status}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Finished(seconds, cpu, peak[0])


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_megabytes, _family(process.pid))))
        time.sleep(INTERVAL_S)


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
    except OSError:
        return []
    return [pid, *(member for child in children for member in _family(child))]


def _children(task: Path) -> list[str]:
    return (task / "children").read_text().split()


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # It has ended.
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
