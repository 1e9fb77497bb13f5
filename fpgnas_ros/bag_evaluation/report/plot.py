"""Line and bar plots as inline SVG, which take the page's colours and stay sharp on a phone.

By hand and not with matplotlib: it keeps a large dependency off the robot and a plot at a few kilobytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from numpy.typing import ArrayLike

WIDTH, HEIGHT = 440, 270
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 14, 42
COLOURS = ("var(--run0)", "var(--run1)", "var(--run2)", "var(--run3)")


def colour_of(number: int) -> str:
    """Of the run of this number."""
    return COLOURS[number % len(COLOURS)]


@dataclass
class Plot:
    """Axes with what is drawn between them; later things are drawn over earlier ones."""

    x_label: str
    y_label: str
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    y_is_log: bool = False
    y_is_share: bool = False
    width: int = WIDTH
    height: int = HEIGHT
    _body: list[str] = field(default_factory=list)

    def line(self, x: ArrayLike, y: ArrayLike, colour: str, title: str = "", dashed: bool = False) -> None:
        """A polyline of (N,) points; NaN breaks it. title: shown when pointed at."""
        xs, ys = self._x(x), self._y(y)
        path, pen_is_up = [], True
        for px, py in zip(xs, ys, strict=True):
            if math.isnan(py) or math.isnan(px):
                pen_is_up = True
                continue
            path.append(f"{'M' if pen_is_up else 'L'}{px:.1f} {py:.1f}")
            pen_is_up = False
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        hint = f"<title>{escape(title)}</title>" if title else ""
        self._body.append(
            f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}>{hint}</path>'
        )

    def bars(self, left: ArrayLike, right: ArrayLike, y: ArrayLike, colour: str, titles: Sequence[str]) -> None:
        """Bars from the lower end of the y axis; titles: shown when pointed at."""
        x0, x1, top = self._x(left), self._x(right), self._y(y)
        base = self.height - BOTTOM
        for a, b, t, title in zip(x0, x1, top, titles, strict=True):
            self._body.append(
                f'<rect x="{a:.1f}" y="{t:.1f}" width="{max(b - a, 0.5):.1f}" height="{max(base - t, 0):.1f}" '
                f'fill="{colour}"><title>{escape(title)}</title></rect>'
            )

    def marks(self, x: ArrayLike, colour: str, title: str) -> None:
        """Short strokes at the top, for what has no value."""
        strokes = "".join(f"M{px:.1f} {TOP}v9" for px in self._x(x))
        self._body.append(
            f'<path d="{strokes}" stroke="{colour}" stroke-width="1.5"><title>{escape(title)}</title></path>'
        )

    def level(self, y: float, text: str) -> None:
        """A dotted line across, with its name."""
        at = float(self._y([y])[0])
        self._body.append(
            f'<path class="level" d="M{LEFT} {at:.1f}H{self.width - RIGHT}"/>'
            f'<text x="{self.width - RIGHT - 3}" y="{at - 4:.1f}" text-anchor="end">{escape(text)}</text>'
        )

    def upright(self, x: float, text: str) -> None:
        """A dotted line upwards, with its name."""
        at = float(self._x([x])[0])
        self._body.append(
            f'<path class="level" d="M{at:.1f} {TOP}V{self.height - BOTTOM}"/>'
            f'<text x="{at + 4:.1f}" y="{TOP + 10}">{escape(text)}</text>'
        )

    def note(self, x: float, y: float, text: str) -> None:
        """A text in the middle above a point."""
        px, py = float(self._x([x])[0]), float(self._y([y])[0])
        self._body.append(f'<text x="{px:.1f}" y="{py - 4:.1f}" text-anchor="middle">{escape(text)}</text>')

    def svg(self, name: str) -> str:
        """The element; name: what it shows, for people who do not see it."""
        size = f'viewBox="0 0 {self.width} {self.height}"'
        return f'<svg {size} role="img" aria-label="{escape(name)}">{self._grid()}{"".join(self._body)}</svg>'

    def _grid(self) -> str:
        base, end = self.height - BOTTOM, self.width - RIGHT
        parts = []
        for value, at in self._ticks(self.x_limits, self._x, False):
            parts.append(f'<path class="grid" d="M{at:.1f} {TOP}V{base}"/>')
            parts.append(f'<text x="{at:.1f}" y="{base + 15}" text-anchor="middle">{value}</text>')
        for value, at in self._ticks(self.y_limits, self._y, self.y_is_log):
            parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{end}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{value}</text>')
        parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{base}H{end}"/>')
        middle = (LEFT + end) / 2
        parts.append(f'<text x="{middle:.0f}" y="{self.height - 7}" text-anchor="middle">{escape(self.x_label)}</text>')
        up = (TOP + base) / 2
        turn = f'transform="rotate(-90 13 {up:.0f})"'
        parts.append(f'<text x="13" y="{up:.0f}" text-anchor="middle" {turn}>{escape(self.y_label)}</text>')
        return "".join(parts)

    def _ticks(self, limits: tuple[float, float], place: object, is_log: bool) -> list[tuple[str, float]]:
        values = decades(*limits) if is_log else steps(*limits)
        places = self._y(values) if place == self._y else self._x(values)
        share = self.y_is_share and place == self._y
        return [(f"{100 * v:g} %" if share else f"{v:g}", float(at)) for v, at in zip(values, places, strict=True)]

    def _x(self, values: ArrayLike) -> np.ndarray:
        return _scaled(values, self.x_limits, LEFT, self.width - RIGHT, False)

    def _y(self, values: ArrayLike) -> np.ndarray:
        return _scaled(values, self.y_limits, self.height - BOTTOM, TOP, self.y_is_log)


def _scaled(values: ArrayLike, limits: tuple[float, float], first: float, last: float, is_log: bool) -> np.ndarray:
    """From values to pixels; what is beyond the limits lies on them."""
    clipped = np.clip(np.asarray(values, np.float64), *limits)
    low, high = (math.log(limit) for limit in limits) if is_log else limits
    share = ((np.log(clipped) if is_log else clipped) - low) / (high - low)
    return np.asarray(first + share * (last - first))


def steps(low: float, high: float) -> list[float]:
    """About five round numbers from low to high."""
    rough = (high - low) / 5
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * number, 10) for number in range(first, last + 1)]


def decades(low: float, high: float) -> list[float]:
    """1, 10, 100 ... between low and high; with 2 and 5 between where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1,) if math.log10(high / low) > 2.5 else (1, 2, 5)
    values = [factor * 10.0**power for power in powers for factor in factors]
    return [float(f"{value:.6g}") for value in values if low * 0.999 <= value <= high * 1.001]
