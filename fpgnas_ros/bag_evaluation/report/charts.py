"""The plots of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fpgnas_core.arrays import FloatArray
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.report.plot import WIDTH, Plot, colour_of
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.scoring import FrameScore, InstanceScore

MM = 1000.0
MOST_POINTS = 1200
"""Points of a line; more are drawn as the range of each of MOST_POINTS / 2 spans."""
CORRECT, CURVE_LIMIT, AUC_LIMIT_MM = 0.1, 0.5, 100.0
BINS, LATENCY_BINS, CURVE_POINTS = 8, 40, 201
Value = Callable[[InstanceScore], "float | None"]


@dataclass(frozen=True)
class Chart:
    """A plot with its heading and one sentence that says how to read it."""

    title: str
    caption: str
    svg: str
    is_wide: bool = False


def charts(runs: Sequence[Run], objects: Mapping[int, EvaluatedObject]) -> list[Chart]:
    """All that there are data for."""
    data = [_Instances(run, objects) for run in runs]
    made = [
        error_over_time(data),
        cumulative(data),
        accuracy_threshold(data),
        depth_and_sideways(data),
        by_value(data, lambda score: score.distance, "distance, m", "distance"),
        by_value(data, lambda score: score.view_angle_deg, "view angle, degrees", "view angle"),
        by_value(data, lambda score: score.visible_fraction, "visible share of the silhouette", "visibility"),
        latency(data),
    ]
    return [chart for chart in made if chart is not None]


class _Instances:
    """All instances of a run with their errors in diameters."""

    def __init__(self, run: Run, objects: Mapping[int, EvaluatedObject]) -> None:
        self.run = run
        pairs = [(score, instance) for score in run.scores for instance in score.instances]
        self.instances = [instance for _, instance in pairs]
        self.times = _times([score for score, _ in pairs])
        self.add = np.array([instance.add_or_adi for instance in self.instances])
        self.adi = np.array([instance.adi for instance in self.instances])
        diameters = np.array([objects[instance.object_id].model.diameter for instance in self.instances])
        self.relative = self.add / diameters
        self.limit_mm = CORRECT * MM * float(diameters.mean()) if len(diameters) else 0.0


def _times(scores: Sequence[FrameScore]) -> FloatArray:
    """Seconds since the first frame; recordings follow one another."""
    times, before, shift, last = [], -1, 0.0, 0.0
    for score in scores:
        if score.frame.bag != before:
            before, shift = score.frame.bag, score.frame.stamp_s - last
        last = score.frame.stamp_s - shift
        times.append(last)
    return np.array(times)


def error_over_time(data: Sequence[_Instances]) -> Chart | None:
    """ADD(-S) of every instance."""
    finite = np.concatenate([MM * d.add[np.isfinite(d.add)] for d in data])
    end = max((float(d.times.max()) for d in data if len(d.times)), default=0.0)
    if not finite.size or end <= 0:
        return None
    low, high = max(0.1, float(finite.min()) * 0.8), float(finite.max()) * 1.25
    plot = Plot("time, s", "ADD(-S), mm", (0, end), (low, max(high, 2 * low)), y_is_log=True, width=2 * WIDTH + 24)
    plot.level(data[0].limit_mm, "0.1 diameter")
    for number, d in enumerate(data):
        missed = ~np.isfinite(d.add)
        values = np.where(missed, np.nan, MM * d.add)
        plot.line(*_decimated(d.times, values), colour_of(number), d.run.name)
        if missed.any():
            plot.marks(_spaced(d.times[missed], end), "var(--bad)", f"{d.run.name}: missed")
    caption = "One line for each run; red strokes at the top are frames where the object was missed."
    return Chart("Error over time", caption, plot.svg("Error over time"), is_wide=True)


def _decimated(times: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same line to the eye: of many points only the least and the largest of each span."""
    if len(times) <= MOST_POINTS:
        return times, values
    kept: list[int] = []
    for span in np.array_split(np.arange(len(times)), MOST_POINTS // 2):
        known = span[~np.isnan(values[span])]
        ends = {int(known[np.argmin(values[known])]), int(known[np.argmax(values[known])])} if len(known) else {span[0]}
        kept += sorted(ends)
    return times[kept], values[kept]


def _spaced(times: FloatArray, end: float) -> FloatArray:
    """Times that lie apart on the page."""
    return np.asarray(np.unique(np.round(times / end * MOST_POINTS)) * end / MOST_POINTS)


def cumulative(data: Sequence[_Instances]) -> Chart:
    """Share of instances below an error in diameters."""
    plot = Plot("ADD(-S), diameters", "share of instances", (0, CURVE_LIMIT), (0, 1), y_is_share=True)
    plot.upright(CORRECT, "0.1 d")
    levels = np.linspace(0, CURVE_LIMIT, CURVE_POINTS)
    for number, d in enumerate(data):
        shares = np.searchsorted(np.sort(d.relative), levels, side="left") / max(1, len(d.relative))
        plot.line(levels, shares, colour_of(number), d.run.name)
    caption = "How many instances have less than this error; the curve ends below 100 % by those missed or far off."
    return Chart("Cumulative error", caption, plot.svg("Cumulative error"))


def accuracy_threshold(data: Sequence[_Instances]) -> Chart:
    """Share below a threshold in millimetres: the area under the curve is the AUC."""
    plot = Plot("threshold, mm", "share of instances", (0, AUC_LIMIT_MM), (0, 1), y_is_share=True)
    levels = np.linspace(0, AUC_LIMIT_MM, CURVE_POINTS)
    for number, d in enumerate(data):
        for errors, name, dashed in ((d.add, "ADD(-S)", False), (d.adi, "ADD-S", True)):
            shares = np.searchsorted(np.sort(MM * errors), levels, side="left") / max(1, len(errors))
            plot.line(levels, shares, colour_of(number), f"{d.run.name}: {name}", dashed)
    caption = "Solid: ADD (ADD-S of a symmetric object). Dashed: ADD-S. The areas under ADD and ADD-S are the AUCs."
    return Chart("Accuracy and threshold", caption, plot.svg("Accuracy and threshold"))


def depth_and_sideways(data: Sequence[_Instances]) -> Chart:
    """Where translations are off: along the optical axis, or across it."""
    plot = Plot("translation error, mm", "share of instances", (0, AUC_LIMIT_MM), (0, 1), y_is_share=True)
    levels = np.linspace(0, AUC_LIMIT_MM, CURVE_POINTS)
    for number, d in enumerate(data):
        offsets = [i.estimate.T_camera_object[:3, 3] - i.T_true[:3, 3] for i in d.instances if i.estimate is not None]
        apart = MM * np.abs(np.array(offsets).reshape(-1, 3))
        for errors, name, dashed in ((apart[:, 2], "depth", False), (np.hypot(*apart[:, :2].T), "sideways", True)):
            shares = np.searchsorted(np.sort(errors), levels, side="left") / max(1, len(d.instances))
            plot.line(levels, shares, colour_of(number), f"{d.run.name}: {name}", dashed)
    caption = "Solid: error along the optical axis. Dashed: across it. One camera sees depth worse than place."
    return Chart("Depth and sideways error", caption, plot.svg("Depth and sideways error"))


def by_value(data: Sequence[_Instances], value: Value, label: str, name: str) -> Chart | None:
    """Share with ADD(-S) below 0.1 diameters in equal spans of a value."""
    measured = [[value(instance) for instance in d.instances] for d in data]
    known = np.array([v for values in measured for v in values if v is not None], np.float64)
    if not known.size or len(known) < sum(map(len, measured)) or np.ptp(known) < 1e-6:
        return None
    edges = np.linspace(known.min(), known.max(), BINS + 1)
    plot = Plot(label, "ADD(-S) below 0.1 d", (edges[0], edges[-1]), (0, 1.08), y_is_share=True)
    share = 0.9 / len(data)
    for number, (d, values) in enumerate(zip(data, measured, strict=True)):
        index = np.clip(np.digitize(np.array(values, np.float64), edges) - 1, 0, BINS - 1)
        counts = np.bincount(index, minlength=BINS)
        correct = np.bincount(index, weights=d.relative < CORRECT, minlength=BINS) / np.maximum(counts, 1)
        filled, width = counts > 0, edges[1] - edges[0]
        left = (edges[:-1] + width * (0.05 + number * share))[filled]
        titles = [f"{d.run.name}: {100 * c:.0f} % of {n}" for c, n in zip(correct[filled], counts[filled], strict=True)]
        plot.bars(left, left + width * share, correct[filled], colour_of(number), titles)
        if number == 0:
            for x, c, n in zip(left + width * 0.45, correct[filled], counts[filled], strict=True):
                plot.note(float(x), float(c) if len(data) == 1 else 1.0, f"{n}")
    return Chart(f"Accuracy by {name}", "Numbers over the bars: instances.", plot.svg(f"Accuracy by {name}"))


def latency(data: Sequence[_Instances]) -> Chart | None:
    """Histogram of the time to a pose."""
    times = [_latencies(d.run) for d in data]
    if not any(len(values) for values in times):
        return None
    together = np.concatenate(times)
    low, high = 0.0, float(np.percentile(together, 99.5)) * 1.1
    edges = np.linspace(low, max(high, 1e-3), LATENCY_BINS + 1)
    histograms = [np.histogram(np.clip(v, edges[0], edges[-1]), edges)[0] / max(1, len(v)) for v in times]
    top = max(float(histogram.max()) for histogram in histograms) * 1.1
    again = any(d.run.engine for d in data)
    label = "time of one frame on one worker, ms" if again else "stamp to pose, ms"
    plot = Plot(label, "share of frames", (edges[0], edges[-1]), (0, top), y_is_share=True)
    for number, (d, histogram) in enumerate(zip(data, histograms, strict=True)):
        if len(data) > 1:
            plot.line(np.repeat(edges, 2)[1:-1], np.repeat(histogram, 2), colour_of(number), d.run.name)
            continue
        titles = [
            f"{a:.1f} to {b:.1f} ms: {100 * s:.1f} %" for a, b, s in zip(edges, edges[1:], histogram, strict=False)
        ]
        plot.bars(edges[:-1], edges[1:], histogram, colour_of(number), titles)
    for share in (50, 95) if len(data) == 1 else ():
        plot.upright(float(np.percentile(times[0], share)), f"p{share}")
    caption = (
        "Measured while all workers are busy, each on one thread: not what the node needs."
        if again
        else "From the image's stamp to the recording of its pose."
    )
    return Chart("Latency", caption, plot.svg("Latency"))


def _latencies(run: Run) -> FloatArray:
    """Milliseconds of every answer: of the estimator where it ran again, else until the answer was recorded."""
    found = []
    for score in run.scores:
        if score.answer is not None and score.answer.stages_s is not None:
            found.append(1000 * score.answer.stages_s["estimate"])
        elif score.answer is not None and score.answer.recorded_ns is not None:
            found.append((score.answer.recorded_ns - score.frame.stamp_ns) / 1e6)
    return np.array(found)
