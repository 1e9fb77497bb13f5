"""Figures of one search: its curves, and every gate over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.space.architecture import Architecture
from training.space.sampling import is_layer

BAND, GAP, AXIS = 0.135, 0.11, 0.5
"""Inches: an option's band, the space between two variables, and the axis of time."""
INK, MUTED, CATEGORICAL = "#1f2328", "#8b949e", "#b35900"


def curves(log: list[dict[str, Any]], architecture: Architecture) -> Figure:
    """Losses, expected cost and entropy by step; a grey ground while the gates rested."""
    figure = Figure(figsize=(10.5, 3.2), layout="constrained")
    loss, cost, entropy = figure.subplots(1, 3)
    steps = [line["step"] for line in log]
    for name in ("total", "votes", "classes", "coordinates"):
        loss.plot(steps, [line[name] for line in log], label=name)
    loss.set(yscale="log", title="loss of drawn networks")
    loss.legend(fontsize=8, ncols=2, loc="lower left", framealpha=0.9)
    loss.set_ylim(0.15 * min(min(line["classes"], line["coordinates"]) for line in log), None)
    given = architecture.provenance["cost"]
    scale, unit = (1e6, "MMAC") if given["unit"] == "macs" else (1, "ms")
    cost.axhline(given["budget"] / scale, color=MUTED, linewidth=5, alpha=0.4, label="budget")
    cost.plot(steps, [line["expected_cost"] / scale for line in log], label="expected")
    cost.set(title=f"expected cost, {unit}", ylim=(0, 1.5 * given["budget"] / scale))
    cost.legend(fontsize=8, loc="lower left")
    entropy.plot(steps, [line["entropy"] for line in log])
    entropy.set(title="entropy of the gates (1: undecided)", ylim=(0, 1.02))
    warmup = architecture.provenance["settings"]["warmup_steps"]
    for axes in (loss, cost, entropy):
        axes.axvspan(0, warmup, color="#eef1f4", zorder=0)
        axes.set(xlabel="step", xlim=(0, steps[-1]))
        axes.grid(alpha=0.3)
    return figure


def gates_over_time(lines: list[dict[str, Any]], architecture: Architecture) -> Figure:
    """A strip a variable, a band in it an option, named with its last probability; what the network has is bold."""
    variables, picked = architecture.space.variables, set(chosen(architecture))
    values = np.array([line["p"] for line in lines]).T
    counts = [len(variable.options) for variable in variables]
    height = BAND * sum(counts) + GAP * len(counts) + AXIS
    figure = Figure(figsize=(10.5, height))
    rows = np.atleast_1d(figure.subplots(len(variables), 1, sharex=True, height_ratios=counts))
    parts = np.split(values, np.cumsum(counts)[:-1])
    for axes, variable, part in zip(rows, variables, parts, strict=True):
        axes.imshow(part, aspect="auto", cmap="Blues", vmin=0, vmax=1, extent=(0, lines[-1]["step"], len(part), 0))
        bold = [(variable.name, option) in picked for option in variable.options]
        _name(axes, variable.name, [_text(option) for option in variable.options], part[:, -1], bold)
    space = GAP * len(counts) / (BAND * sum(counts))
    figure.subplots_adjust(left=0.1, right=0.82, top=0.998, bottom=AXIS / height, hspace=space)
    rows[-1].set_xlabel("step")
    return figure


def chosen(architecture: Architecture) -> Iterator[tuple[str, object]]:
    """(variable, option) of all that the network has."""
    layout = architecture.layout
    blocks = layout.levels | {"head": layout.head}
    yield "stem.width", layout.stem_width
    strides = tuple(block.stride for block in layout.stages)
    yield from (("strides", plan) for plan in architecture.space.plans if plan[: len(strides)] == strides)
    yield from (("neck", name) for name in (*layout.neck, layout.grid))
    for name, block in blocks.items():
        yield f"{name}.width", block.width
        yield f"{name}.depth", len(block.layers)
        for number, operators in enumerate(block.layers):
            yield from ((f"{name}.{number}", operator) for operator in operators)


def _name(axes: Axes, name: str, options: Sequence[str], last: np.ndarray, bold: Sequence[bool]) -> None:
    colour = INK if is_layer(name) else CATEGORICAL
    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8, color=colour)
    axes.yaxis.tick_right()
    texts = [f"{option}  {p:.2f}" for option, p in zip(options, last, strict=True)]
    axes.set_yticks(np.arange(len(options)) + 0.5, texts, fontsize=7)
    axes.tick_params(length=0)
    for label, is_bold in zip(axes.get_yticklabels(), bold, strict=True):
        label.set(color=INK if is_bold else MUTED, fontweight="bold" if is_bold else "normal")


def _text(option: object) -> str:
    return " / ".join(map(str, option)) if isinstance(option, tuple) else str(option)
