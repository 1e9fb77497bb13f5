"""The report in a real browser: it renders, complains about nothing, and its links work."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fpgnas_ros.bag_evaluation.comparison import paired_changes
from fpgnas_ros.bag_evaluation.evaluate import evaluate
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.gate import Condition, judge
from fpgnas_ros.bag_evaluation.report.charts import charts
from fpgnas_ros.bag_evaluation.report.page import Report
from fpgnas_ros.bag_evaluation.summary import summarise, summarise_run
from tests.fpgnas_ros.bag_evaluation.bags import settings
from tests.fpgnas_ros.bag_evaluation.report.browser import BROWSER, Page
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, run_of
from tests.fpgnas_ros.painted_bag import write_painted_bag

DOCUMENTED = Path(__file__).resolve().parents[4] / "docs" / "report_demo"
LAPTOP, PHONE = 1280, 390
ELEMENT = re.compile(r"<[a-z]")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt-get install chromium")


class Links(HTMLParser):
    """Addresses and ids of a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.loaded: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.targets += [values["href"]] if tag == "a" else []
        self.loaded += [values[key] for key in ("src", "href") if tag != "a" and key in values]


@pytest.fixture(scope="module")
def folder(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an evaluation of the painted recording."""
    base = tmp_path_factory.mktemp("report")
    bag = write_painted_bag(base / "bag", [True] * 12 + [False] * 3)
    conditions = (Condition.parse("recall < 0.9"), Condition.parse("frames < 1"))
    evaluate(
        settings(bundle, base / "out", bag, bundles=(str(bundle),), objects="", fail_if=conditions), "evaluate_bag <x>"
    )
    return base / "out"


def test_report_is_one_file_that_loads_nothing(folder: Path) -> None:
    text = (folder / "report.html").read_text()
    links = Links(text)
    assert all(address.startswith("data:") for address in links.loaded)
    assert not re.search(r"<script|@import|url\(|https?://(?!www\.w3\.org)", text)


@pytest.mark.parametrize("which", ["made here", "of the demo, in docs"])
def test_every_link_leads_somewhere(folder: Path, which: str) -> None:
    folder = folder if which == "made here" else DOCUMENTED
    links = Links((folder / "report.html").read_text())
    assert len(links.targets) > 8
    for target in links.targets:
        assert target.removeprefix("#") in links.ids if target.startswith("#") else (folder / target).is_file()


def test_report_names_what_it_is_about_and_escapes_it(folder: Path) -> None:
    text = (folder / "report.html").read_text()
    assert "15 frames; 5 Hz; object part" in text
    assert "evaluate_bag &lt;x&gt;" in text
    assert "failed: painted: detection.recall is 0.8 (recall &lt; 0.9)" in text
    assert "passed: painted: frames is 15" in text
    assert text.count("<img ") == 8
    assert "missed" in text


@needs_browser
@pytest.mark.parametrize("width", [LAPTOP, PHONE])
def test_report_renders_in_a_browser_without_complaint(folder: Path, tmp_path: Path, width: int) -> None:
    page = Page(folder / "report.html", width, tmp_path / "profile")
    assert page.console() == []
    document = page.document()
    assert document.count("<svg") == (folder / "report.html").read_text().count("<svg") >= 4
    picture = cv2.imread(str(page.picture(tmp_path / "page.png")))
    assert picture.shape[1] == width
    assert np.ptp(picture) == 255
    assert (picture[..., 0].astype(int) - picture[..., 2] > 80).mean() > 1e-4  # lines of the first run are blue


@needs_browser
def test_console_is_really_read(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<script>console.error('that is wrong')</script>")
    assert any("that is wrong" in line for line in Page(tmp_path / "a.html", PHONE, tmp_path / "profile").console())


@needs_browser
def test_nothing_is_wider_than_a_phone(folder: Path, tmp_path: Path) -> None:
    """Measured by the browser itself, in a copy with a script."""
    text = (folder / "report.html").read_text()
    script = "<script>document.title='w'+document.documentElement.scrollWidth</script></body>"
    (tmp_path / "copy.html").write_text(
        f'<iframe id="f" style="width:{PHONE}px;height:900px;border:0" '
        f'srcdoc="{_quoted(text.replace("</body>", script))}"></iframe>'
        "<script>f.onload=()=>{document.title=f.contentDocument.title}</script>"
    )
    document = Page(tmp_path / "copy.html", LAPTOP, tmp_path / "profile").document()
    assert f"<title>w{PHONE}</title>" in document


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;")


@needs_browser
def test_report_of_ten_thousand_frames_is_small_and_has_few_elements(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    runs = [
        run_of([None if missed else float(x) for x, missed in zip(errors, rng.random(10_000) < 0.1, strict=True)], name)
        for name, errors in (("old", 0.02 * rng.random(10_000)), ("new", 0.01 * rng.random(10_000)))
    ]
    summary = summarise([summarise_run(run, OBJECTS) for run in runs], [], Findings(), "test")
    report = Report(
        summary,
        [],
        judge(summary, []),
        {"both": paired_changes(runs[0].instances, runs[1].instances, OBJECTS)},
        charts(runs, OBJECTS),
        {},
        [],
    )
    path = tmp_path / "report.html"
    path.write_text(report.html())
    assert path.stat().st_size < 500_000
    document = Page(path, LAPTOP, tmp_path / "profile").document()
    assert "better" in document
    assert len(ELEMENT.findall(document)) < 3_000
