"""What is odd about a recording: each kind counted, its first case named."""

from __future__ import annotations

import threading
from dataclasses import dataclass

CHECKS = {
    "damaged_recording": "recording cut off or damaged",
    "zero_stamps": "stamp 0: nothing can be compared by time",
    "backward_stamps": "stamp before that of the message before: time jumped back",
    "repeated_stamps": "stamp of the message before",
    "frame_ids": "another frame_id than before",
    "resolution_changes": "image size changed",
    "camera_changes": "camera_info changed",
    "image_errors": "image that could not be used",
    "impossible_poses": "pose that is none (NaN, infinity, no unit quaternion): left out",
    "unknown_objects": "object that is not among those evaluated: left out",
    "missing_transforms": "estimate whose frame tf does not connect with the camera's: left out",
    "negative_latencies": "recorded before its stamp: the clocks differ, latencies are not to be trusted",
    "keypoints_for_mesh": "no mesh: errors are over the bundle's keypoints, not over the surface",
}
"""Every check by its name in summary.json."""


@dataclass
class Finding:
    """One kind of oddity."""

    count: int
    first: str
    """The first case, in one line."""


class Findings:
    """Counts of all checks. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, Finding] = {}

    def add(self, check: str, case: str) -> None:
        """One more case of a check (a key of CHECKS)."""
        assert check in CHECKS
        with self._lock:
            self._found.setdefault(check, Finding(0, case)).count += 1

    def lines(self) -> list[str]:
        """One line for each kind that was found."""
        return [f"{CHECKS[name]} ({finding.count} times; {finding.first})" for name, finding in self._ordered()]

    def to_json(self) -> dict[str, dict[str, int | str]]:
        """Count of every check, with what it means and the first case where there is one."""
        found = dict(self._ordered())
        none = Finding(0, "")
        return {
            name: {"count": found.get(name, none).count, "first": found.get(name, none).first, "meaning": meaning}
            for name, meaning in CHECKS.items()
        }

    def _ordered(self) -> list[tuple[str, Finding]]:
        return [(name, self._found[name]) for name in CHECKS if name in self._found]


class StampCheck:
    """Looks at the stamps of one topic in the order in which they were recorded."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._last: int | None = None

    def look(self, stamp_ns: int, where: str) -> None:
        """Compare with the stamp before."""
        if stamp_ns == 0:
            self._findings.add("zero_stamps", where)
            return
        if self._last is not None and stamp_ns < self._last:
            self._findings.add("backward_stamps", f"{where}: {(self._last - stamp_ns) / 1e9:.3f} s back")
        elif stamp_ns == self._last:
            self._findings.add("repeated_stamps", where)
        self._last = stamp_ns
