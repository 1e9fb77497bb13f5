"""Scores the poses that came back against the recording's ground truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.metrics import add, rotation_error_deg, translation_error

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class FrameResult:
    """What became of one image. Times in seconds (time.monotonic); poses (4, 4), metres."""

    stamp_ns: int
    T_true: Matrix
    published_at: float
    pose_received_at: float | None
    T_estimated: Matrix | None
    processed: bool


def score(frames: list[FrameResult], points: Matrix, diameter: float) -> dict[str, float | int | None]:
    """Figures of a run. points: (P, 3) of the mesh, metres; diameter: metres.

    Every frame counts in the ADD shares (Hinterstoisser et al., 2012): one without a pose is wrong. Medians
    are over the frames with a pose, None where there are none. Latency: image published to pose received.
    """
    solved = [f for f in frames if f.T_estimated is not None and f.pose_received_at is not None]
    pairs = [(f.T_estimated, f.T_true) for f in solved if f.T_estimated is not None]
    errors = np.array([add(estimated, true, points) for estimated, true in pairs])
    rotations = [rotation_error_deg(estimated[:3, :3], true[:3, :3]) for estimated, true in pairs]
    translations = [1000 * translation_error(estimated[:3, 3], true[:3, 3]) for estimated, true in pairs]
    latencies = [1000 * (f.pose_received_at - f.published_at) for f in solved if f.pose_received_at]
    return {
        "frames": len(frames),
        "poses": len(solved),
        "dropped": sum(not f.processed for f in frames),
        "add_0_1d": float(np.sum(errors < 0.1 * diameter)) / max(1, len(frames)),
        "add_0_05d": float(np.sum(errors < 0.05 * diameter)) / max(1, len(frames)),
        "add_median_mm": _percentile(1000 * errors, 50),
        "rotation_median_deg": _percentile(rotations, 50),
        "translation_median_mm": _percentile(translations, 50),
        "latency_p50_ms": _percentile(latencies, 50),
        "latency_p99_ms": _percentile(latencies, 99),
    }


def _percentile(values: object, share: float) -> float | None:
    array = np.asarray(values, np.float64)
    return float(np.percentile(array, share)) if array.size else None


def summary_line(figures: dict[str, float | int | None]) -> str:
    """The line that the demo ends with."""

    def milliseconds(value: float | int | None) -> str:
        return "-" if value is None else f"{value:.1f}"

    return (
        f"demo: {figures['frames']} frames, {figures['poses']} poses, "
        f"ADD-0.1d {100 * (figures['add_0_1d'] or 0):.1f} %, "
        f"latency p50 {milliseconds(figures['latency_p50_ms'])} ms "
        f"p99 {milliseconds(figures['latency_p99_ms'])} ms, dropped {figures['dropped']}"
    )
