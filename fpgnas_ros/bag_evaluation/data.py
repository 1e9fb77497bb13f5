"""What an evaluation is about: frames, what is true of them, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """An image of a recording, without its pixels; in recordings without images a stamp of the ground truth."""

    bag: int
    """Number of the recording, from 0."""
    number: int
    """Number among the frames of its recording, from 0."""
    stamp_ns: int
    """Of its header, nanoseconds."""
    recorded_ns: int
    frame_id: str
    camera: Camera | None
    """None where the recording has no camera_info."""

    @property
    def stamp_s(self) -> float:
        """Of its header, seconds."""
        return self.stamp_ns / 1e9


@dataclass(frozen=True, eq=False, slots=True)
class TrueInstance:
    """One object that is really there."""

    object_id: int
    T_camera_object: FloatArray
    """(4, 4), metres."""
    visible_fraction: float | None = None
    """Visible share of the silhouette, 0 to 1; None where the ground truth does not say."""


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """One pose that was answered."""

    object_id: int
    T_camera_object: FloatArray
    """(4, 4), metres."""
    confidence: float
    """0 to 1."""
    identity: str = ""
    """What a tracker calls this instance over time; empty where it does not say."""


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """Everything that was said of one frame."""

    stamp_ns: int
    """Of its header, nanoseconds."""
    recorded_ns: int | None
    """When the message was recorded; None of an estimator that is run again."""
    estimates: tuple[Estimate, ...]
    stages_s: dict[str, float] | None = None
    """Seconds that each stage took, `estimate` in all; only of an estimator that is run again."""
