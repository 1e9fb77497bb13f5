"""The pose node in a process of its own, as a benchmark starts, watches and ends it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

END_S = 10.0
FRAME = re.compile(r"frame (\d+): (.+)")


class NodeProcess:
    """`pose_node` from `with` to its end. tells_times: it logs where the time of each frame went."""

    def __init__(self, log: Path, parameters: dict[str, object], tells_times: bool = False) -> None:
        arguments = [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]
        level = ["--log-level", "pose_node:=debug"] if tells_times else []
        self._command = [sys.executable, "-m", "fpgnas_ros.pose_node", "--ros-args", *arguments, *level]
        self._log = log

    def __enter__(self) -> NodeProcess:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as file:
            self._process = subprocess.Popen(self._command, stdout=file, stderr=subprocess.STDOUT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def memory_mb(self) -> float:
        """Resident memory, MB of 10^6 bytes, without the shared memory of the transport."""
        fields = dict(re.findall(r"(\w+):\s+(\d+) kB", Path(f"/proc/{self._process.pid}/status").read_text()))
        return (int(fields["RssAnon"]) + int(fields["RssFile"])) * 1024 / 1e6

    def frame_times(self) -> dict[int, dict[str, float]]:
        """By image stamp, ns: the milliseconds of each step, of the frames logged so far."""
        found = FRAME.findall(self._log.read_text())
        return {
            int(stamp): {n: float(ms) for n, ms in re.findall(r"([a-z][a-z ]*) ([\d.]+) ms", t)} for stamp, t in found
        }
