"""The render benchmark writes a figure for every size."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "render_throughput.py"


def test_every_size_has_a_figure_and_a_missing_cat_is_said(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    options = ["--images", "2", "--workers", "1", "--linemod_models", str(tmp_path), "--json", str(out)]
    done = subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, text=True, check=True)
    assert "cat: left out" in done.stdout
    figures = json.loads(out.read_text())
    for group in ("images_per_s", "decimated_images_per_s"):
        assert set(figures[group]) == {"320x240", "640x480", "128x128"}
        assert "cat_images_per_s" not in figures
