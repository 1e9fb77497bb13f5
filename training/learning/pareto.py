"""Searches for several budgets, and the front that their networks make."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from training.learning.report import write_report
from training.learning.search import cost_table, search
from training.learning.search_settings import SearchSettings
from training.space.gates import check_budget


def search_budgets(settings: SearchSettings) -> None:
    """A run for each budget in a folder of its own, finished ones kept; then pareto.json, pareto.md and pareto.svg.

    Raises BudgetError before anything runs where one budget is outside of the space.
    """
    table = cost_table(settings, n_objects=1)
    for budget in settings.budgets:
        check_budget(table, budget)
    out = Path(settings.out)
    rows = []
    for budget in sorted(settings.budgets):
        run = out / f"{budget / 1e6:g}M"
        architecture = search(replace(settings, budget_macs=budget, budgets=(), out=str(run)))
        write_report(run)
        loss = json.loads((run / "ranking.json").read_text())["loss"]
        rows.append({"budget_macs": budget, "macs": architecture.macs, "params": architecture.params, "loss": loss})
    (out / "pareto.json").write_text(json.dumps(rows, indent=1) + "\n")
    (out / "pareto.md").write_text(_table(rows))
    _plot(rows, out / "pareto.svg")
    print(_table(rows) + f"search: {len(rows)} budgets; wrote {out / 'pareto.json'}")


def _table(rows: list[dict[str, float]]) -> str:
    """Markdown; a network that a smaller one beats is not on the front."""
    lines = ["| budget, MMAC | macs, M | weights, M | held-out loss | on the front |", "|---:|---:|---:|---:|:---:|"]
    for row in rows:
        beaten = any(other["macs"] <= row["macs"] and other["loss"] < row["loss"] for other in rows)
        lines.append(
            f"| {row['budget_macs'] / 1e6:g} | {row['macs'] / 1e6:.2f} | {row['params'] / 1e6:.2f} |"
            f" {row['loss']:.3f} | {'no' if beaten else 'yes'} |"
        )
    return "\n".join(lines) + "\n"


def _plot(rows: list[dict[str, float]], path: Path) -> None:
    figure = Figure(figsize=(5.5, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([row["macs"] / 1e6 for row in rows], [row["loss"] for row in rows], "o-")
    axes.set(xscale="log", xlabel="macs, M (a pass)", ylabel="held-out loss", title="Networks found for each budget")
    axes.grid(alpha=0.3, which="both")
    figure.savefig(path)
