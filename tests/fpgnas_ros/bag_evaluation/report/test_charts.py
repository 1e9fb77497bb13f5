"""What the plots show is what was measured."""

import re

import numpy as np
import pytest

from fpgnas_ros.bag_evaluation.report.charts import MOST_POINTS, Chart, charts
from fpgnas_ros.bag_evaluation.run import Run
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, at, run_of, score


def chart(runs: list[Run], title: str) -> Chart:
    return next(chart for chart in charts(runs, OBJECTS) if chart.title == title)


def titles(found: Chart) -> list[str]:
    return re.findall("<title>([^<]*)</title>", found.svg)


def test_charts_without_data_are_left_out() -> None:
    names = [chart.title for chart in charts([run_of([0.001] * 5)], OBJECTS)]
    assert names == ["Error over time", "Cumulative error", "Accuracy and threshold", "Depth and sideways error"]


def test_accuracy_by_distance_counts_each_span() -> None:
    scores = [score(i, [at(z=z, x=0.001 if z < 1 else 0.05)], [at(z=z)]) for i, z in enumerate([0.5, 0.51, 1.3, 0.9])]
    bars = titles(chart([Run("run", scores)], "Accuracy by distance"))
    assert bars == ["run: 100 % of 2", "run: 100 % of 1", "run: 0 % of 1"]


def test_latency_histogram_holds_every_frame() -> None:
    scores = [score(i, [at()], latency_ns=10_000_000 * (1 + i % 2)) for i in range(100)]
    bars = titles(chart([Run("run", scores)], "Latency"))
    shares = [float(re.search(r": ([\d.]+) %", bar)[1]) for bar in bars]
    assert sum(shares) == pytest.approx(100)
    assert sorted(shares)[-2:] == [50, 50]


def test_missed_frames_break_the_line_and_are_marked() -> None:
    found = chart([run_of([0.01, 0.02, None, 0.01, 0.03])], "Error over time")
    assert titles(found) == ["run", "run: missed"]
    line = re.search(r'<path d="([ML][^"]*)" fill="none"[^>]*><title>run</title>', found.svg)[1]
    assert re.sub(r"[\d. ]", "", line) == "MLML"


def test_long_recordings_keep_their_peaks() -> None:
    errors = list(0.01 + 0.001 * np.random.default_rng(0).random(4000))
    errors[2345] = 0.9
    found = chart([run_of(errors)], "Error over time")
    line = re.search(r'<path d="([ML][^"]*)" fill="none"', found.svg)[1]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", line)]
    assert len(heights) <= MOST_POINTS
    assert min(heights) < np.median(heights) - 50
