"""Settings of the evaluation; each default lives here with its documentation."""

from __future__ import annotations

from dataclasses import dataclass

from training.errors import SettingsError


@dataclass(frozen=True)
class EvaluationSettings:
    """Scores a bundle on a data set in BOP's, SPEED's or SPEED+'s layout: a missed or dropped object is wrong.

    Every annotated object counts, or in a test split those of test_targets_bop19.json where the data set has it: these
    alone are then looked for (BOP's 6D localization).
    """

    bundle: str
    """Bundle folder."""
    dataset: str
    """Folder of a data set."""
    split: str
    """Name of the split: a sub-folder of `dataset`, or for SPEED a label file, such as real, and lightbox/test."""
    out: str
    """Folder for summary.json, per_frame.csv, the BOP result file, overlays.jpg, worst.jpg and plots.png."""
    limit: int = 0
    """Number of images, the first ones; 0: all."""
    threads: int = 0
    """CPU threads of the network; 0: one a core."""
    confidence_threshold: float | None = None
    """Lowest confidence of a detection, 0 to 1; none: 0.5, and 0.1 where targets tell which objects are there."""
    max_instances: int = 8
    """Most instances of each object that are looked for in an image."""

    def __post_init__(self) -> None:
        """Refuse what cannot be evaluated: SettingsError names the field."""
        for name in ("limit", "threads"):
            if getattr(self, name) < 0:
                raise SettingsError(f"{name}: expected 0 or more, got {getattr(self, name)}")
        if self.max_instances < 1:
            raise SettingsError(f"max_instances: expected 1 or more, got {self.max_instances}")
        if self.confidence_threshold is not None and not 0 < self.confidence_threshold < 1:
            got = self.confidence_threshold
            raise SettingsError(f"confidence_threshold: expected more than 0 and less than 1, got {got}")
