"""The report of one search: a page on its own, with the network, the gates over time, the curves and the ranking."""

from __future__ import annotations

import io
import json
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from training.learning.search_figures import curves, gates_over_time
from training.learning.search_log import GATES_FILE, read_lines
from training.space.architecture import Architecture, load_architecture

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; max-width: 1080px; margin: 2em auto; padding: 0 1.2em }
h1 { font-size: 26px; margin-bottom: 0 } h2 { font-size: 19px; margin-top: 2em; border-bottom: 1px solid #d0d7de }
table { border-collapse: collapse } td, th { padding: 3px 14px 3px 0; text-align: right; white-space: nowrap }
td:first-child { text-align: left } .won { font-weight: 600; background: #ddf4ff }
th { color: #656d76; font-weight: 500; border-bottom: 1px solid #d0d7de } .key { color: #656d76; max-width: 48em }
.wide { overflow-x: auto } .wide svg { width: 100%; min-width: 760px; height: auto; display: block }
.figures { display: flex; flex-wrap: wrap; gap: 1em 3em; margin: 1em 0 } .figures b { display: block; font-size: 22px }
.figures sup { line-height: 0 } pre { overflow: auto }
"""
META = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
SHOWN_IN_RANKING = 24


def write_report(folder: str | Path) -> Path:
    """Write report.html of a finished search to its run folder."""
    run = Path(folder)
    architecture = load_architecture(run / "architecture.json")
    log, gates = read_lines(run / "log.jsonl"), read_lines(run / GATES_FILE)
    ranked = json.loads((run / "ranking.json").read_text())
    body = _figures(architecture, ranked)
    body += f"<h2>The network</h2><p class=key>{NETWORK_KEY}</p>{_wide((run / 'network.svg').read_text())}"
    if log:
        body += f"<h2>Search</h2><p class=key>{CURVES_KEY}</p>{_wide(_svg(curves(log, architecture)))}"
    if gates:
        strips = _wide(_svg(gates_over_time(gates, architecture)))
        body += f"<h2>Gates over time</h2><p class=key>{GATES_KEY}</p>{strips}"
    body += f"<h2>Ranking on held-out crops</h2><p class=key>{RANKING_KEY}</p>{_wide(_ranking(ranked))}"
    settings = escape((run / "settings.yaml").read_text())
    body += f"<h2>Settings</h2><details><summary>settings.yaml</summary><pre>{settings}</pre></details>"
    title = f"Search: {architecture.macs / 1e6:.2f} MMAC"
    page = f'<!doctype html><html lang="en"><head>{META}<title>{title}</title><style>{STYLE}</style></head>'
    file = run / "report.html"
    file.write_text(f"{page}<body><h1>{title}</h1>{body}</body></html>\n")
    return file


NETWORK_KEY = (
    "Every layer is the sum of its operators and of a shortcut (grey). The bar is its share of the"
    " multiply-accumulates, in millions."
)
CURVES_KEY = (
    "On grey ground the gates rest while weights of random networks train. After it every step trains a network that"
    " the gates drew, and the gates learn from held-out crops; their expected cost is solved to be the budget at each"
    " step."
)
GATES_KEY = (
    "A strip for each choice, a band in it for each option; dark: likely. A layer may have several operators, of a"
    " width, a depth or the strides (brown) one is chosen. On the right the last probability; bold: in the network"
    " that was derived. Choices of a stage that the network does not have never mattered."
)
RANKING_KEY = (
    "Networks of 95 to 100 % of the budget, by their loss with the supernet's weights; below those that the gates drew,"
    " some that gates drew before they learned, and those that the losses of short trainings proposed. Finalists are"
    " trained anew for a while, the best third of them for longer, and so on; the lowest held-out loss wins (bold)."
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


def _ranking(ranked: dict[str, Any]) -> str:
    finals: dict[int, list[str]] = {}
    winner = min(ranked["finals"], key=lambda t: (-t["round"], t["loss"]))["place"] if ranked["finals"] else 0
    for training in ranked["finals"]:
        finals.setdefault(training["place"], []).append(f"{training['loss']:.2f}")
    rows = ""
    for place, line in enumerate(ranked["ranking"]):
        if place >= SHOWN_IN_RANKING and place not in finals:
            continue
        layout = line["layout"]
        widths = ", ".join(str(stage["width"]) for stage in layout["stages"])
        depths = ", ".join(str(len(stage["layers"])) for stage in layout["stages"])
        cells = (
            line["source"],
            f"{line['loss']:.2f}",
            " → ".join(finals.get(place, ["-"])),
            _cost(line["cost"]),
            widths,
            depths,
            f"{layout['stem_width']}",
            f"{layout['head']['width']} x {len(layout['head']['layers'])}",
        )
        won = " class=won" if place == winner else ""
        rows += f"<tr{won}><td>{place + 1}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    names = (
        "",
        "from",
        "loss, inherited weights",
        "loss after short trainings",
        "cost",
        "widths of the stages",
        "depths",
        "stem",
        "head, layers",
    )
    heads = "".join(f"<th>{name}</th>" for name in names)
    return f"<table><tr>{heads}</tr>{rows}</table>"


def _wide(content: str) -> str:
    """Scrolls sideways on a narrow screen, where it would be too small to read."""
    return f"<div class=wide>{content}</div>"


def _cost(value: float) -> str:
    return f"{value / 1e6:.2f} M" if value >= 1e4 else f"{value:.3g}"


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(buffer, format="svg")
    text = buffer.getvalue()
    return text[text.index("<svg") :]
