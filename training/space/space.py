"""The search space as it is declared in YAML, and an architecture chosen from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from training.errors import SettingsError

ARCHITECTURE_VERSION = 1
FIRST_STAGE_STRIDE = 4


@dataclass(frozen=True)
class Space:
    """Stem (stride 2), then stages that each halve the resolution, a neck that fuses them, and a head."""

    stem_width: int = 24
    """Channels of the stem."""
    stage_widths: Sequence[int] = (32, 64, 128, 192)
    """Channels of each stage; the first has stride 4, each next one twice as much."""
    stage_layers: Sequence[int] = (2, 3, 3, 3)
    """Layers of each stage; the search decides which of them disappear."""
    operators: Sequence[str] = ("conv3x3", "conv1x1", "separable5x5", "mbconv3x3_e2", "fused3x3_half")
    """Candidate operators of each layer of the stages."""
    grid_stride: int = 8
    """Input pixels a cell of the output grid."""
    head_width: int = 64
    """Channels of neck and head."""
    head_layers: int = 3
    """Layers of the head."""
    head_operators: Sequence[str] = ("conv3x3", "conv1x1", "separable5x5", "mbconv3x3_e2", "fused3x3_half")
    """Candidate operators of each layer of the head."""

    def __post_init__(self) -> None:
        """Refuse a space whose shapes do not chain: SettingsError."""
        if len(self.stage_widths) != len(self.stage_layers):
            raise SettingsError(
                f"stage_layers: expected one number a stage ({len(self.stage_widths)}), got {len(self.stage_layers)}"
            )
        if self.grid_stride not in self.strides:
            raise SettingsError(f"grid_stride: expected a stage's stride {self.strides}, got {self.grid_stride}")

    @property
    def strides(self) -> list[int]:
        """Input pixels a cell, of each stage."""
        return [FIRST_STAGE_STRIDE * 2**index for index in range(len(self.stage_widths))]

    def candidates(self) -> dict[str, list[str]]:
        """Layer name -> names of its candidate operators, in the network's order."""
        layers = {
            f"stage{stage + 1}.{layer}": list(self.operators)
            for stage, count in enumerate(self.stage_layers)
            for layer in range(count)
        }
        fused = [f"stage{s + 1}" for s, stride in enumerate(self.strides) if stride != self.grid_stride]
        head = {f"head.{layer}": list(self.head_operators) for layer in range(self.head_layers)}
        return layers | {"neck": fused} | head

    @property
    def log10_architectures(self) -> float:
        """log10 of the number of architectures: every operator is open or closed, independently."""
        return sum(map(len, self.candidates().values())) * math.log10(2)


@dataclass(frozen=True)
class Architecture:
    """One network of a space, as stored in architecture.json: the open operators of each layer, and what they cost."""

    space: Space
    open_operators: Mapping[str, list[str]]
    n_objects: int
    n_keypoints: int
    input_size: int
    budget_macs: int
    macs: int
    params: int
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write architecture.json."""
        values = asdict(self) | {"flops": 2 * self.macs, "format_version": ARCHITECTURE_VERSION}
        path.write_text(json.dumps(values, indent=1) + "\n")


def load_architecture(path: str | Path) -> Architecture:
    """Read architecture.json. Raises SettingsError that names the file and what is wrong with it."""
    try:
        values = json.loads(Path(path).read_text())
        version = values.pop("format_version")
        if version != ARCHITECTURE_VERSION:
            raise SettingsError(f"{path}: expected format_version {ARCHITECTURE_VERSION}, got {version}; search again")
        del values["flops"]
        return Architecture(**(values | {"space": Space(**values["space"])}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path}: expected an architecture.json of training/search.py, got: {error!r}") from error
