"""Command lines: settings files, overruling options, one clear line and exit code 2 for bad input."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from training.cli import parse_settings
from training.learning.search_settings import SearchSettings
from training.rendering.settings import RenderSettings

REPOSITORY = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S
    )


@pytest.mark.parametrize(
    ("command", "explained"),
    [
        ("render", "Lowest and highest distance of the object, metres."),
        ("search", "1 MAC = 2 FLOPs"),
        ("retrain", "linear warm-up, cosine"),
        ("export", "Longer side of the frame in the first pass, px."),
        ("evaluate", "Bundle folder"),
    ],
)
def test_help_explains_the_settings(command: str, explained: str) -> None:
    result = run(f"training/{command}.py", "--help")
    assert result.returncode == 0
    assert explained in " ".join(result.stdout.split())
    assert "default:" in result.stdout


def test_options_overrule_the_file(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("mesh: a.ply\nout: data\nimages: 5\nextent_px: [30, 60]\n")
    settings = parse_settings(RenderSettings, ["--config", str(config), "--images", "7"])
    assert (settings.mesh, settings.images, tuple(settings.extent_px)) == ("a.ply", 7, (30, 60))


def test_nested_settings_are_read(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("dataset: d\nout: o\nspace: {stem_widths: [12]}\n")
    settings = parse_settings(SearchSettings, ["--config", str(config)])
    assert list(settings.space.stem_widths) == [12]
    assert list(settings.space.head.widths) == list(SearchSettings("d", "o").space.head.widths)


def test_unknown_setting_ends_with_code_2(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("mesh: a.ply\nout: data\nimagse: 5\n")
    result = run("training/render.py", "--config", str(config))
    assert result.returncode == 2
    assert "imagse" in result.stderr


def test_mesh_that_is_no_mesh_ends_with_code_2_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.ply").write_text("nothing")
    result = run("training/render.py", "--mesh", str(tmp_path / "bad.ply"), "--out", str(tmp_path / "out"))
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: ")
    assert "bad.ply: expected a" in result.stderr


def test_budget_too_small_ends_with_code_2_and_names_the_smallest(tmp_path: Path) -> None:
    result = run("training/search.py", "--dataset", "none", "--out", str(tmp_path / "run"), "--budget_macs", "1000")
    assert result.returncode == 2
    assert "budget: 1,000 is infeasible, the smallest network of this space costs" in result.stderr


def test_setting_outside_its_range_ends_with_code_2(tmp_path: Path) -> None:
    result = run("training/render.py", "--mesh", "a.ply", "--out", str(tmp_path), "--min_visible", "3")
    assert result.returncode == 2
    assert "min_visible: expected 0 to 1, got 3.0" in result.stderr
