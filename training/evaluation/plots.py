"""Plots of an evaluation: how large the errors are, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.evaluation.scoring import ObjectScore

BINS = 7
CORRECT_BELOW = 0.1


def write_plots(path: Path, scores: Sequence[ObjectScore], title: str) -> None:
    """One PNG: the cumulative share of ADD in diameters, and ADD-0.1d by distance and by visible share."""
    relative = np.array([score.relative_add for score in scores])
    figure = Figure(figsize=(13, 4), layout="constrained")
    error, distance, visible = figure.subplots(1, 3)
    _plot_cumulative(error, relative)
    distances = np.array([score.distance for score in scores])
    _plot_accuracy(distance, distances, relative, "distance, m")
    shares = [score.annotation.visible_fraction for score in scores]
    if any(share is None for share in shares):
        visible.text(0.5, 0.5, "visible share not given", ha="center", transform=visible.transAxes)
    else:
        _plot_accuracy(visible, np.array(shares, np.float64), relative, "visible share of the silhouette")
    figure.suptitle(title)
    figure.savefig(path, dpi=110)


def _plot_cumulative(axes: Axes, relative: NDArray[np.float64]) -> None:
    shares = np.arange(1, len(relative) + 1) / len(relative)
    axes.step(np.sort(np.where(np.isinf(relative), 10.0, relative)), shares, where="post", color="tab:blue")
    for limit in (0.05, CORRECT_BELOW):
        axes.axvline(limit, color="grey", linestyle=":")
        share = float((relative < limit).mean())
        axes.annotate(f"{100 * share:.1f} %", (limit, share), xytext=(4, -12), textcoords="offset points")
    axes.set(xlim=(0, 0.3), ylim=(0, 1.02), xlabel="ADD(-S), diameters", ylabel="share of objects")
    axes.grid(alpha=0.3)


def _plot_accuracy(axes: Axes, values: NDArray[np.float64], relative: NDArray[np.float64], label: str) -> None:
    edges = np.linspace(values.min(), values.max() + 1e-9, BINS + 1)
    index = np.clip(np.digitize(values, edges) - 1, 0, BINS - 1)
    counts = np.bincount(index, minlength=BINS)
    correct = np.bincount(index, weights=relative < CORRECT_BELOW, minlength=BINS)
    filled = counts > 0
    centres, width = (edges[:-1] + edges[1:]) / 2, (edges[1] - edges[0]) * 0.9
    bars = axes.bar(centres[filled], correct[filled] / counts[filled], width, color="tab:blue")
    axes.bar_label(bars, [f"n={count}" for count in counts[filled]], fontsize=7)
    axes.set(ylim=(0, 1.08), xlabel=label, ylabel="share with ADD(-S) < 0.1 d")
    axes.grid(alpha=0.3, axis="y")
