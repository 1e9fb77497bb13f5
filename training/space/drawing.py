"""Pictures of a space and of a network as SVG: one row a layer, one chip an operator, a bar for what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from training.space.cost import layout_parts, part_macs
from training.space.layout import Layout
from training.space.space import Space, stage_name

WIDTH, ROW, GAP, LEFT, CHIP = 1080, 30, 14, 296, 118
FAMILIES = {"conv": "#4269d0", "separable": "#3ca951", "mbconv": "#e0732c", "fused": "#8f5fc4", "pool": "#7d8590"}
INK, MUTED, GROUND = "#1f2328", "#656d76", "#ffffff"


@dataclass(frozen=True)
class Row:
    """One line of a picture. macs: 0 where none is shown.  starts: whether a new block begins here."""

    name: str
    shape: str
    chips: Sequence[str]
    macs: float = 0.0
    starts: bool = False


def draw_layout(layout: Layout, input_size: int, output_channels: int) -> str:
    """SVG of one network; a bar shows each row's share of the multiply-accumulates."""
    macs: dict[str, float] = {}
    for name, part in layout_parts(layout, input_size, output_channels):
        macs[name] = macs.get(name, 0.0) + part_macs(part)
    rows = [Row("stem", f"{layout.stem_width} ch, {input_size // 2} px", ["conv3x3"], macs["stem"], True)]
    for block, places in zip(layout.levels.values(), layout.stage_layers(), strict=True):
        shape = f"{block.width} ch, {input_size // block.stride} px"
        for number, place in enumerate(places):
            chips = (["projection"] if number == 0 else ["identity"]) + list(place.operators)
            rows.append(Row(place.name, shape, chips, macs.get(place.name, 0.0), number == 0))
    shape = f"{layout.head.width} ch, {input_size // layout.head.stride} px"
    fused = [name for name in layout.levels if name in (*layout.neck, layout.grid)]
    rows.append(
        Row("neck", shape, [f"{name} (grid)" if name == layout.grid else name for name in fused], macs["neck"], True)
    )
    rows += [Row(p.name, shape, ["identity", *p.operators], macs.get(p.name, 0.0)) for p in layout.head_layers()]
    rows.append(Row("output", f"{output_channels} ch", ["conv1x1"], macs["output"], True))
    return _picture(rows, f"{sum(macs.values()) / 1e6:.2f} MMAC at {input_size} x {input_size} px")


def draw_space(space: Space) -> str:
    """SVG of all candidates."""
    rows = [Row("stem", _channels(space.stem_widths), ["conv3x3"], starts=True)]
    for index, stage in enumerate(space.stages):
        strides = sorted({plan[index] for plan in space.plans})
        shape = f"{_channels(stage.widths)}, stride {_either(strides)}"
        rows.append(Row(stage_name(index), shape, [f"depth {_either(stage.depths)}"], starts=True))
        for layer in range(stage.depths[-1]):
            rows.append(Row(f"{stage_name(index)}.{layer}", "", space.operators_of(index)))
    names = [stage_name(index) for index in range(len(space.stages))]
    rows.append(Row("neck", f"stride {space.grid_stride}", names, starts=True))
    rows.append(Row("head", _channels(space.head.widths), [f"depth {_either(space.head.depths)}"], starts=True))
    rows += [Row(f"head.{layer}", "", space.operators_of_head) for layer in range(space.head.depths[-1])]
    return _picture(rows, f"10^{space.log10_architectures:.1f} architectures, {len(space.plans)} plans of resolution")


def _channels(widths: Sequence[int]) -> str:
    return f"{_either(widths)} ch"


def _either(values: Sequence[int]) -> str:
    return "/".join(map(str, values))


def _picture(rows: Sequence[Row], title: str) -> str:
    most, y, parts = max(row.macs for row in rows), 52, []
    per_row = (WIDTH - LEFT - 150) // CHIP
    for row in rows:
        y += GAP if row.starts else 0
        lines = max(1, -(-len(row.chips) // per_row))
        parts.append(_row(row, y, most, per_row))
        y += lines * ROW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 20}" width="{WIDTH}"'
        f' font-family="system-ui, sans-serif" font-size="13"><rect width="100%" height="100%" fill="{GROUND}"/>'
        f'<text x="20" y="34" font-size="18" font-weight="600" fill="{INK}">{escape(title)}</text>'
    )
    return head + "".join(parts) + "</svg>\n"


def _row(row: Row, y: float, most: float, per_row: int) -> str:
    text = (
        f'<text x="20" y="{y + 16}" font-weight="600" fill="{INK}">{escape(row.name)}</text>'
        f'<text x="{LEFT - 12}" y="{y + 16}" text-anchor="end" fill="{MUTED}" font-size="11.5">'
        f"{escape(row.shape)}</text>"
    )
    for place, chip in enumerate(row.chips):
        text += _chip(chip, LEFT + place % per_row * CHIP, y + place // per_row * ROW)
    if row.macs:
        length = 68 * row.macs / most
        text += f'<rect x="{WIDTH - 140}" y="{y + 4}" width="{length:.1f}" height="16" rx="2" fill="#d0d7de"/>'
        text += f'<text x="{WIDTH - 20}" y="{y + 16}" text-anchor="end" fill="{INK}">{row.macs / 1e6:.2f}</text>'
    return text


def _chip(name: str, x: float, y: float) -> str:
    colour = next((colour for family, colour in FAMILIES.items() if name.startswith(family)), "")
    fill, ink = (colour, "#ffffff") if colour else ("#eef1f4", INK)
    return (
        f'<rect x="{x}" y="{y}" width="{CHIP - 6}" height="24" rx="5" fill="{fill}"/>'
        f'<text x="{x + (CHIP - 6) / 2}" y="{y + 16}" text-anchor="middle" fill="{ink}" font-size="11.5">'
        f"{escape(name)}</text>"
    )
