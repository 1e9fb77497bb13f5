"""What is evaluated, and how; the command line's values, checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.gate import Condition
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.bag_evaluation.truth import Matching


@dataclass(frozen=True)
class EvaluationSettings:
    """Settings of one evaluation."""

    bags: tuple[Path, ...]
    bundles: tuple[str, ...]
    """Run again over the images; none: what was recorded is scored."""
    objects: str
    """Bundle, or BOP models folder, that describes the objects; empty: the first of `bundles`."""
    meshes: tuple[Source, ...]
    truth: tuple[Source, ...]
    estimates: tuple[Source, ...]
    """Empty: /detections, or else /object_pose."""
    image: str
    """Topic; empty: the only one."""
    camera_info: str
    """Topic; empty: the only one, or the one beside the images."""
    matching: Matching
    out: Path
    first_pass_period: int = 1
    """As of the node: the whole frame is searched in one of this many frames. With 1 no frame depends on another."""
    confidence_threshold: float = 0.5
    workers: int = 0
    """Frames that are worked on at a time; 0: as many as there are CPU cores, two on a GPU."""
    annotate: bool = False
    """Write a recording with poses and pictures."""
    fail_if: tuple[Condition, ...] = ()
    baseline: Path | None = None
    """summary.json to compare with."""

    def __post_init__(self) -> None:
        """Refuse what cannot be evaluated. Raises EvaluationError."""
        if not (self.bundles or self.objects):
            raise EvaluationError(
                "expected --bundle B to run again, or --objects B to score what was recorded, got neither; "
                "a bundle or a BOP models folder says how large the objects are and how they are symmetric"
            )
        if len(self.bags) > 1 and any(source.file is not None for source in self.truth):
            raise EvaluationError(
                "--truth: expected a topic or tf of several recordings, got a file; evaluate them apart"
            )
        for name, value in (("--first-pass-period", self.first_pass_period), ("--workers", self.workers + 1)):
            if value < 1:
                raise EvaluationError(f"{name}: expected a positive number, got {value}")
        if self.matching.max_dt_ns < 0 or self.matching.max_gap_ns < 0:
            raise EvaluationError("--max-dt, --max-gap: expected seconds of at least 0")
        if not 0 < self.confidence_threshold < 1:
            raise EvaluationError(
                f"--confidence: expected more than 0 and less than 1, got {self.confidence_threshold}"
            )
