"""report.html: a verdict first, then plots, pictures and every figure. One file, no network, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from fpgnas_ros.bag_evaluation.comparison import Change
from fpgnas_ros.bag_evaluation.flat import figures_of
from fpgnas_ros.bag_evaluation.gate import Verdict
from fpgnas_ros.bag_evaluation.report.charts import Chart
from fpgnas_ros.bag_evaluation.report.glossary import GLOSSARY
from fpgnas_ros.bag_evaluation.report.headline import headlines, number
from fpgnas_ros.bag_evaluation.report.plot import colour_of
from fpgnas_ros.bag_evaluation.report.style import CSS
from fpgnas_ros.bag_evaluation.worst_frames import Picture

FAILED, PASSED = "failed", "passed"


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    summary: Mapping[str, Any]
    warnings: Sequence[str]
    verdicts: Sequence[Verdict]
    changes: Mapping[str, Sequence[Change]]
    """By heading: of two runs, and from the baseline."""
    charts: Sequence[Chart]
    pictures: Mapping[str, Sequence[Picture]]
    """By run."""
    files: Sequence[Path]
    """Beside the page."""

    def html(self) -> str:
        """The page."""
        names = ", ".join(Path(bag["path"]).name for bag in self.summary["bags"])
        sections = {
            "summary": ("Summary", self._summary()),
            "plots": ("Plots", self._plots()),
            "frames": ("Worst frames", self._frames()),
            "comparison": ("Comparison", "".join(_changes(*item) for item in self.changes.items())),
            "figures": ("All figures", self._figures()),
            "terms": ("What the figures mean", _terms()),
            "files": ("Files", self._files()),
        }
        filled = {key: section for key, section in sections.items() if section[1]}
        links = " ".join(f'<a href="#{key}">{title}</a>' for key, (title, _) in filled.items())
        body = "".join(f'<h2 id="{key}">{title}</h2>{content}' for key, (title, content) in filled.items())
        return (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
            f"<title>Pose estimates on {escape(names)}</title><style>{CSS}</style></head><body><main>"
            f"<h1>Pose estimates on {escape(names)}</h1>{self._intro()}<nav>{links}</nav>{body}</main></body></html>\n"
        )

    def _intro(self) -> str:
        run = self.summary["runs"][0]
        objects = ", ".join(run["objects"])
        rate = run["timing"]["images"]["rate_hz"]
        parts = [f"{run['frames']} frames", f"{rate:.3g} Hz" if rate else "", f"object {objects}"]
        return f'<p class="soft">{escape("; ".join(part for part in parts if part))}</p>'

    def _summary(self) -> str:
        verdicts = "".join(
            f'<p class="verdict {FAILED if verdict.has_failed else PASSED}">{escape(verdict.line)}</p>'
            for verdict in self.verdicts
        )
        notes = "".join(f"<li>{escape(line)}</li>" for line in self.warnings)
        warning = f'<div class="warning"><b>Look at this first</b><ul>{notes}</ul></div>' if notes else ""
        return verdicts + warning + "".join(_cards(i, run) for i, run in enumerate(self.summary["runs"]))

    def _plots(self) -> str:
        runs = self.summary["runs"]
        legend = " ".join(f"<span>{_swatch(i)}{escape(run['name'])}</span>" for i, run in enumerate(runs))
        key = f'<p class="legend">{legend}</p>' if len(runs) > 1 else ""
        return f'{key}<div class="plots">{"".join(map(_figure, self.charts))}</div>' if self.charts else ""

    def _frames(self) -> str:
        if not any(self.pictures.values()):
            return ""
        key = (
            "<p>Green: ground truth. Magenta: estimate; where it is missing, there is none or it lies outside of the "
            "image. Errors are ADD, or ADD-S of a symmetric object, and of the rotation.</p>"
        )
        many = len(self.pictures) > 1
        return key + "".join(
            (f"<h3>{escape(name)}</h3>" if many else "") + f'<div class="tiles">{"".join(map(_tile, pictures))}</div>'
            for name, pictures in self.pictures.items()
        )

    def _figures(self) -> str:
        runs = self.summary["runs"]
        columns = [figures_of(run, self.summary) for run in runs]
        names = list(dict.fromkeys(name for column in columns for name in column))
        head = "".join(f"<th>{escape(run['name'])}</th>" for run in runs)
        rows = "".join(
            f"<tr><td>{escape(name)}</td>{''.join(f'<td>{number(column.get(name))}</td>' for column in columns)}</tr>"
            for name in names
            if not name.startswith("sanity.") or columns[0][name]
        )
        return (
            "<details><summary>Every figure by the name that --fail-if takes</summary>"
            f"<table><thead><tr><th>figure</th>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
        )

    def _files(self) -> str:
        links = "".join(f'<li><a href="{escape(file.name)}">{escape(file.name)}</a></li>' for file in self.files)
        hashes = "".join(
            f"<li>{escape(Path(bag['path']).name)}: <code>{bag['sha256']}</code></li>" for bag in self.summary["bags"]
        )
        command = f"<p>Made by <code>{escape(self.summary['command'])}</code></p>"
        return f"<ul>{links}</ul>{command}<p>SHA-256 of the recordings:</p><ul>{hashes}</ul>"


def _cards(index: int, run: Mapping[str, Any]) -> str:
    cards = "".join(
        f'<div class="card"><span>{escape(line.name)}</span><b>{escape(line.value)}</b>'
        f"<small>{escape(line.detail)}</small></div>"
        for line in headlines(run)
    )
    engine = ""
    if "flops_of_one_crop_pass" in run:
        engine = (
            f' <span class="soft">{run["flops_of_one_crop_pass"] / 1e6:.1f} MFLOPs a crop pass, '
            f"{escape(run['execution_provider'])}, {run['workers']} workers</span>"
        )
    return f'<h3>{_swatch(index)}{escape(run["name"])}{engine}</h3><div class="cards">{cards}</div>'


def _swatch(index: int) -> str:
    return f'<span class="run" style="background:{colour_of(index)}"></span>'


def _figure(chart: Chart) -> str:
    wide = ' class="wide"' if chart.is_wide else ""
    return (
        f'<figure{wide}><h3>{escape(chart.title)}</h3><div class="scroll">{chart.svg}</div>'
        f"<figcaption>{escape(chart.caption)}</figcaption></figure>"
    )


def _tile(picture: Picture) -> str:
    instance, frame = picture.instance, picture.frame
    where = f"frame {frame.number}" + (f" of recording {frame.bag}" if frame.bag else "")
    if instance.estimate is None:
        errors = "missed"
    else:
        errors = f"{number(1000 * instance.add_or_adi, 'mm')}, {number(instance.rotation_deg, '°')}"
    return (
        f'<figure><img src="{picture.data_uri}" alt="{escape(picture.title)}, {where}" loading="lazy">'
        f"<figcaption><b>{escape(picture.title)}</b>: {errors}<br>{where}, {instance.distance:.2f} m away"
        "</figcaption></figure>"
    )


def _changes(title: str, changes: Sequence[Change]) -> str:
    rows = "".join(
        f"<tr><td>{escape(change.figure)}</td><td>{number(change.before)}</td><td>{number(change.after)}</td>"
        f'<td>{change.low:+.3g} to {change.high:+.3g}</td><td class="{change.verdict}">{change.verdict}</td></tr>'
        for change in changes
    )
    head = "<th>figure</th><th>before</th><th>after</th><th>difference (95 %)</th><th>verdict</th>"
    return (
        f'<h3>{escape(title)}</h3><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _terms() -> str:
    return (
        "<dl>" + "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in GLOSSARY.items()) + "</dl>"
    )
