"""The report of one search: a page on its own, with the network, the gates over time, the curves and the ranking."""

from __future__ import annotations

import io
import json
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.learning.search_log import GATES_FILE, read_lines
from training.space.architecture import Architecture, load_architecture
from training.space.sampling import is_layer

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; max-width: 1080px; margin: 2em auto; padding: 0 1.5em }
h1 { font-size: 26px; margin-bottom: 0 } h2 { font-size: 19px; margin-top: 2em; border-bottom: 1px solid #d0d7de }
table { border-collapse: collapse } td, th { padding: 3px 14px 3px 0; text-align: right }
td:first-child { text-align: left }
th { color: #656d76; font-weight: 500; border-bottom: 1px solid #d0d7de } .key { color: #656d76 }
svg { max-width: 100% }
.figures { display: flex; gap: 3em; margin: 1em 0 } .figures b { display: block; font-size: 22px }
pre { overflow: auto }
"""
SHOWN_IN_RANKING = 24
AXIS_INCHES = 0.5


def write_report(folder: str | Path) -> Path:
    """Write report.html of a finished search to its run folder."""
    run = Path(folder)
    architecture = load_architecture(run / "architecture.json")
    log, gates = read_lines(run / "log.jsonl"), read_lines(run / GATES_FILE)
    ranked = json.loads((run / "ranking.json").read_text())
    body = _figures(architecture, ranked)
    body += f"<h2>The network</h2>{(run / 'network.svg').read_text()}"
    if log:
        body += f"<h2>Search</h2>{_svg(_curves(log, architecture))}"
    if gates:
        body += f"<h2>Gates over time</h2><p class=key>{GATES_KEY}</p>{_svg(_gates(gates, architecture))}"
    body += f"<h2>Ranking on held-out crops</h2>{_ranking(ranked)}"
    settings = escape((run / "settings.yaml").read_text())
    body += f"<h2>Settings</h2><details><summary>settings.yaml</summary><pre>{settings}</pre></details>"
    title = f"Search: {architecture.macs / 1e6:.2f} MMAC"
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    file = run / "report.html"
    file.write_text(f"{page}<h1>{title}</h1>{body}</html>\n")
    return file


GATES_KEY = (
    "Each row is a variable, each band in it one option; dark: likely. A layer may have several operators open; of a"
    " width, a depth or the strides one is chosen. Options stand from the first (top) to the last (bottom)."
)


def _figures(architecture: Architecture, ranked: dict[str, Any]) -> str:
    cost = architecture.provenance["cost"]
    figures = {
        "macs (x 2 = FLOPs)": f"{architecture.macs / 1e6:.2f} M",
        "of the budget": f"{cost['value'] / cost['budget']:.1%}",
        "weights": f"{architecture.params / 1e6:.2f} M",
        "architectures in the space": f"10<sup>{architecture.space.log10_architectures:.1f}</sup>",
        "held-out loss": f"{ranked['loss']:.2f}",
    }
    cells = "".join(f"<div><b>{value}</b><span class=key>{name}</span></div>" for name, value in figures.items())
    method = escape(architecture.provenance["method"])
    return f"<p class=key>{method}</p><div class=figures>{cells}</div>"


def _curves(log: list[dict[str, Any]], architecture: Architecture) -> Figure:
    figure = Figure(figsize=(10.5, 3), layout="constrained")
    loss, cost, entropy = figure.subplots(1, 3)
    steps = [line["step"] for line in log]
    for name in ("total", "classes", "votes", "coordinates"):
        loss.plot(steps, [line[name] for line in log], label=name)
    loss.set(yscale="log", title="training loss of drawn networks")
    loss.legend(fontsize=8)
    budget = architecture.provenance["cost"]["budget"]
    cost.plot(steps, [line["expected_cost"] / budget for line in log])
    cost.axhline(1, color="grey", linestyle=":")
    cost.set(title="expected cost / budget", ylim=(0.5, 1.5))
    entropy.plot(steps, [line["entropy"] for line in log])
    entropy.set(title="entropy of the gates (1: undecided)", ylim=(0, 1.02))
    for axes in (loss, cost, entropy):
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
    return figure


def _gates(lines: list[dict[str, Any]], architecture: Architecture) -> Figure:
    """One image a variable, all on one axis of time."""
    variables = architecture.space.variables
    values = np.array([line["p"] for line in lines]).T
    heights = [len(variable.options) for variable in variables]
    height = 0.11 * sum(heights) + 0.14 * len(heights) + AXIS_INCHES
    figure = Figure(figsize=(10.5, height))
    rows = figure.subplots(len(variables), 1, sharex=True, height_ratios=heights)
    parts = np.split(values, np.cumsum(heights)[:-1])
    for axes, variable, part in zip(np.atleast_1d(rows), variables, parts, strict=True):
        axes.imshow(part, aspect="auto", cmap="Blues", vmin=0, vmax=1, extent=(0, lines[-1]["step"], len(part), 0))
        _label(axes, variable.name, is_layer(variable.name))
    figure.subplots_adjust(left=0.12, right=0.99, top=0.998, bottom=AXIS_INCHES / height, hspace=0.25)
    np.atleast_1d(rows)[-1].set_xlabel("step")
    return figure


def _label(axes: Axes, name: str, is_operator: bool) -> None:
    axes.set_yticks([])
    axes.set_ylabel(
        name, rotation=0, ha="right", va="center", fontsize=8, color="#1f2328" if is_operator else "#b35900"
    )


def _ranking(ranked: dict[str, Any]) -> str:
    finals: dict[int, list[str]] = {}
    for training in ranked["finals"]:
        finals.setdefault(training["place"], []).append(f"{training['loss']:.2f}")
    rows = ""
    for place, line in enumerate(ranked["ranking"][:SHOWN_IN_RANKING]):
        layout = line["layout"]
        widths = ", ".join(str(stage["width"]) for stage in layout["stages"])
        depths = ", ".join(str(len(stage["layers"])) for stage in layout["stages"])
        cells = (f"{line['loss']:.2f}", " → ".join(finals.get(place, ["-"])), _cost(line["cost"]), widths, depths)
        rows += f"<tr><td>{place + 1}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    names = ("", "loss, inherited weights", "after short trainings", "cost", "widths of the stages", "depths")
    heads = "".join(f"<th>{name}</th>" for name in names)
    return f"<table><tr>{heads}</tr>{rows}</table>"


def _cost(value: float) -> str:
    return f"{value / 1e6:.2f} M" if value >= 1e4 else f"{value:.3g}"


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(buffer, format="svg")
    text = buffer.getvalue()
    return text[text.index("<svg") :]
