"""What a search could find, without searching: layers, candidates, how many networks, and between which costs."""

from __future__ import annotations

import json
from pathlib import Path

from training.learning.search import cost_table
from training.learning.search_settings import SearchSettings
from training.space.drawing import draw_space
from training.space.gates import BudgetGates


def describe(settings: SearchSettings) -> None:
    """Print the space, as text or as one JSON object, and draw it."""
    space, picture = settings.space, Path(settings.picture)
    table = cost_table(settings, n_objects=1)
    smallest, largest = table.limits()
    even = BudgetGates(space, table, (smallest + largest) / 2, exact=False).expected_cost(1.0)
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(draw_space(space))
    unit = "macs" if settings.cost == "macs" else "ms"
    values = {
        "log10_architectures": space.log10_architectures,
        "layers": {v.name: {"choose": v.kind, "from": v.options} for v in space.variables},
        "logits": space.n_logits,
        f"min_{unit}": round(smallest) if unit == "macs" else smallest,
        f"max_{unit}": round(largest) if unit == "macs" else largest,
        f"even_{unit}": round(even) if unit == "macs" else even,
        "picture": str(picture),
    }
    print(json.dumps(values) if settings.json else _text(settings, values, unit))


def _text(settings: SearchSettings, values: dict[str, object], unit: str) -> str:
    lines = [f"{v.name:14s} {v.kind:4s} of {', '.join(map(str, v.options))}" for v in settings.space.variables]
    range_ = f"{values[f'min_{unit}']:,} to {values[f'max_{unit}']:,} {unit}"
    count = settings.space.n_architectures
    lines.append(f"architectures: 10^{settings.space.log10_architectures:.2f}, exactly {count}")
    budget = settings.budget_macs if unit == "macs" else settings.budget_ms
    lines.append(f"one {settings.input_size} x {settings.input_size} pass: {range_}; budget {budget:,} {unit}")
    even = f"{values[f'even_{unit}']:,} {unit}"
    lines.append(f"expected where all options are as likely: {even}; a far lower budget sees only shallow networks")
    return "\n".join([*lines, f"picture: {values['picture']}"])
