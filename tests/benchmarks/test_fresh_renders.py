"""The command renders, evaluates and prints one JSON line."""

import json
import subprocess
import sys
from pathlib import Path

from fpgnas_core.bundle import write_bundle
from tests.fpgnas_core.models import description, silent_model

ROOT = Path(__file__).resolve().parents[2]


def test_prints_one_json_line_in_which_missed_objects_are_wrong(tmp_path: Path) -> None:
    write_bundle(description(tmp_path / "bundle"), silent_model())
    config = tmp_path / "render.yaml"
    mesh = ROOT / "assets" / "demo_object.stl"
    config.write_text(f"mesh: {mesh}\nout: unused\nwidth: 160\nheight: 120\nfocal_px: 140\ndepth: false\nworkers: 1\n")
    options = {"bundle": tmp_path / "bundle", "render_config": config, "out": tmp_path / "out", "images": 3, "seed": 5}
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, str(ROOT / "benchmarks" / "fresh_renders.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    figures = json.loads(line)
    assert (figures["images"], figures["seed"], figures["frames"], figures["objects"]) == (3, 5, 3, 3)
    assert figures["add_0_1d"] == figures["detection_recall"] == 0.0
    assert (tmp_path / "out" / "results" / "overlays.jpg").is_file()
    assert len(list((tmp_path / "out" / "data_5_3" / "test" / "000000" / "rgb").iterdir())) == 3
