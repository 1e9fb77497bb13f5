"""Axes and lines land where they belong."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from fpgnas_ros.bag_evaluation.report.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Plot, decades, steps


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 9.93, [0, 2, 4, 6, 8]),
        (0.31, 0.97, [0.4, 0.6, 0.8]),
        (0, 0.012, [0, 0.0025, 0.005, 0.0075, 0.01]),
    ],
)
def test_ticks_are_round_numbers_within(low: float, high: float, expected: list[float]) -> None:
    assert steps(low, high) == pytest.approx(expected)


def test_ticks_of_a_logarithmic_axis() -> None:
    assert decades(0.5, 2000) == [1, 10, 100, 1000]
    assert decades(3, 60) == [5, 10, 20, 50]


def points(plot: Plot) -> list[tuple[float, float]]:
    path = re.findall(r'<path d="([ML][^"]+)" fill="none"', plot.svg("test"))[-1]
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_line_runs_from_corner_to_corner() -> None:
    plot = Plot("x", "y", (0, 10), (1, 100), y_is_log=True)
    plot.line([0, 5, 10], [1, 10, 100], "red")
    left, bottom, right = LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT
    assert points(plot) == [(left, bottom), ((left + right) / 2, (TOP + bottom) / 2), (right, TOP)]


def test_unknown_values_break_the_line_and_others_stay_within() -> None:
    plot = Plot("x", "y", (0, 3), (0, 1))
    plot.line([0, 1, 2, 3], [0.5, np.nan, 7.0, -1.0], "red")
    path = re.findall(r'<path d="(M[^"]+)" fill', plot.svg("test"))[-1]
    assert re.sub(r"[\d. ]", "", path) == "MML"
    assert [y for _, y in points(plot)[1:]] == [TOP, HEIGHT - BOTTOM]


def test_svg_is_well_formed_whatever_the_texts() -> None:
    plot = Plot("<x> & more", 'the "y"', (0, 1), (0, 1), y_is_share=True)
    plot.line([0, 1], [0, 1], "red", "<title> & all", dashed=True)
    plot.bars([0], [0.5], [0.5], "blue", ["a < b"])
    plot.marks([0.5], "red", "missed & gone")
    plot.level(0.5, "<half>")
    plot.upright(0.1, "0.1 & d")
    plot.note(0.2, 0.2, "<7>")
    root = ET.fromstring(plot.svg('a "name" <here>'))
    assert root.get("aria-label") == 'a "name" <here>'
    assert "100 %" in [element.text for element in root.iter("text")]
