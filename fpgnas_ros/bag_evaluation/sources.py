"""Where poses come from, as the command line names it: [OBJECT=] and a topic, /tf:PARENT.CHILD or a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fpgnas_core.object_model import ObjectModel
from fpgnas_ros.bag_evaluation.errors import EvaluationError

TF_PREFIX = "/tf:"


@dataclass(frozen=True)
class Source:
    """A topic, a pair of tf frames or a file, and the object whose poses it gives."""

    object_name: str
    """Empty: the only object, or the source names them itself."""
    place: str

    @classmethod
    def parse(cls, text: str) -> Source:
        """Of `[OBJECT=]PLACE`."""
        name, equals, place = text.rpartition("=")
        if not place or (equals and not name):
            raise EvaluationError(f"expected [OBJECT=]TOPIC, [OBJECT=]/tf:PARENT.CHILD or a file, got {text!r}")
        return cls(name, place)

    @property
    def tf_frames(self) -> tuple[str, str] | None:
        """Parent and child, None where it is no pair of tf frames."""
        if not self.place.startswith(TF_PREFIX):
            return None
        parent, _, child = self.place.removeprefix(TF_PREFIX).partition(".")
        if not parent or not child:
            raise EvaluationError(f"expected /tf:PARENT.CHILD, got {self.place!r}")
        return parent, child

    @property
    def file(self) -> Path | None:
        """The file, None where it is a topic or tf."""
        path = Path(self.place).expanduser()
        return path if path.suffix in (".json", ".txt", ".tum") else None

    def object_in(self, models: dict[str, ObjectModel]) -> ObjectModel:
        """Its object; `models` by name. Raises EvaluationError."""
        if self.object_name in models:
            return models[self.object_name]
        known = ", ".join(models)
        if self.object_name or len(models) != 1:
            got = repr(self.object_name) if self.object_name else f"none for {self.place}"
            raise EvaluationError(f"expected one of the objects {known}, got {got}; write OBJECT={self.place}")
        return next(iter(models.values()))
