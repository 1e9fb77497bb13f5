"""The figures that matter most, as people read them: for the report's cards and the command's last lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOTHING = "-"


@dataclass(frozen=True)
class Headline:
    """One figure with its unit, and one line under it."""

    name: str
    value: str
    detail: str = ""


def headlines(run: Mapping[str, Any]) -> list[Headline]:
    """Of one run of a summary."""
    accuracy, detection, timing = run["accuracy"], run["detection"], run["timing"]
    errors = accuracy.get("errors_of_found") or {}
    return [
        Headline("ADD(-S) below 0.1 d", share(accuracy.get("add_0_1d")), _interval(accuracy, "add_0_1d")),
        Headline("AUC of ADD-S", share(accuracy.get("add_s_auc")), _interval(accuracy, "add_s_auc")),
        _error("translation error", errors, "translation_mm", "mm"),
        _error("rotation error", errors, "rotation_deg", "°"),
        Headline("found", share(detection["recall"]), f"precision {share(detection['precision'])}"),
        Headline("longest dropout", f"{detection['longest_dropout_s']:.2f} s", f"{detection['spurious']} spurious"),
        *_steady(run),
        _time(timing),
    ]


def share(value: float | None) -> str:
    """0.831 as `83.1 %`."""
    return NOTHING if value is None else f"{100 * value:.1f} %"


def number(value: float | None, unit: str = "") -> str:
    """Three digits."""
    if value is None:
        return NOTHING
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text}{'' if unit in ('', '°') else ' '}{unit}"


def _interval(accuracy: Mapping[str, Any], name: str) -> str:
    limits = accuracy.get("intervals", {}).get(name)
    return f"95 %: {100 * limits[0]:.0f} to {100 * limits[1]:.0f} %" if limits else ""


def _error(name: str, errors: Mapping[str, Any], key: str, unit: str) -> Headline:
    spread = errors.get(key)
    if spread is None:
        return Headline(name, NOTHING)
    return Headline(name, number(spread["median"], unit), f"median; p95 {number(spread['p95'], unit)}")


def _steady(run: Mapping[str, Any]) -> list[Headline]:
    """Of the only object; of several each has its own in the table."""
    if len(run["objects"]) != 1:
        return []
    steady = next(iter(run["objects"].values()))["steadiness"]
    lag = steady["lag_ms"]
    switches = "" if steady["id_switches"] is None else f"{steady['id_switches']} id switches; "
    detail = f"{steady['flips']} flips; {switches}lag {number(lag, 'ms')}"
    return [Headline("jitter", number(steady["jitter_mm"], "mm"), detail)]


def _time(timing: Mapping[str, Any]) -> Headline:
    if timing["stamp_to_pose_ms"] is not None:
        times, name, what = timing["stamp_to_pose_ms"], "stamp to pose", ""
    else:
        times, name, what = timing.get("estimate_ms"), "time of a frame", "; one thread"
    if times is None:
        return Headline("latency", NOTHING)
    return Headline(name, number(times["p50"], "ms"), f"p50; p99 {number(times['p99'], 'ms')}{what}")
