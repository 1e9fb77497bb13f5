"""The result of a search, as stored in architecture.json: a layout and what it costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from training.errors import SettingsError
from training.space.layout import Block, Layout, layout_from
from training.space.space import Head, Space, Stage, stage_name

ARCHITECTURE_VERSION = 2
READABLE_VERSIONS = (1, ARCHITECTURE_VERSION)


@dataclass(frozen=True)
class Architecture:
    """One network of a space.

    budget_macs, macs: multiply-accumulates of one pass over input_size x input_size px.  provenance: how it was found.
    """

    space: Space
    layout: Layout
    n_objects: int
    n_keypoints: int
    input_size: int
    budget_macs: int
    macs: int
    params: int
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write architecture.json; atomic."""
        values = asdict(self) | {"flops": 2 * self.macs, "format_version": ARCHITECTURE_VERSION}
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(values, indent=1) + "\n")
        unfinished.replace(path)


def load_architecture(path: str | Path) -> Architecture:
    """Read architecture.json, version 1 too. Raises SettingsError that names the file and what is wrong with it."""
    try:
        values = json.loads(Path(path).read_text())
        version = values.pop("format_version")
        if version not in READABLE_VERSIONS:
            raise SettingsError(f"{path}: expected format_version {READABLE_VERSIONS}, got {version}; search again")
        del values["flops"]
        if version == 1:
            values = _from_version_1(values)
        space, layout = _space_from(values["space"]), layout_from(values["layout"])
        return Architecture(**(values | {"space": space, "layout": layout}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path}: expected an architecture.json of training/search.py, got: {error!r}") from error


def _space_from(values: dict[str, Any]) -> Space:
    stages = tuple(Stage(**stage) for stage in values["stages"])
    return Space(**(values | {"stages": stages, "head": Head(**values["head"])}))


def _from_version_1(values: dict[str, Any]) -> dict[str, Any]:
    """In version 1 only operators and levels were chosen; every layer was there, with or without operators."""
    before, opened = values["space"], values.pop("open_operators")
    rows = list(zip(before["stage_widths"], before["stage_layers"], strict=True))
    layers = {name: tuple(tuple(opened[f"{name}.{k}"]) for k in range(count)) for name, count in _counts(before)}
    stages = tuple(Block(width, 4 * 2**s, layers[stage_name(s)]) for s, (width, _) in enumerate(rows))
    head = Block(before["head_width"], before["grid_stride"], layers["head"])
    space = {
        "stem_widths": (before["stem_width"],),
        "stages": [{"widths": (width,), "depths": (count,)} for width, count in rows],
        "operators": before["operators"],
        "grid_stride": before["grid_stride"],
        "head": asdict(Head((before["head_width"],), (before["head_layers"],), before["head_operators"])),
    }
    layout = Layout(before["stem_width"], stages, tuple(opened["neck"]), head)
    return values | {"space": space, "layout": asdict(layout)}


def _counts(space: dict[str, Any]) -> list[tuple[str, int]]:
    """Block name and number of its layers."""
    stages = [(stage_name(index), count) for index, count in enumerate(space["stage_layers"])]
    return [*stages, ("head", space["head_layers"])]
