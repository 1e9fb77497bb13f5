"""The demo's command on a recording whose result is known by hand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2

from tests.fpgnas_ros.painted_bag import write_painted_bag
from tests.fpgnas_ros.painted_scene import write_painted_bundle
from tests.patience import PATIENCE_S

BOX_PLY = """ply
format ascii 1.0
element vertex 8
property float x
property float y
property float z
end_header
""" + "\n".join(f"{x} {y} {z}" for x in (-50, 50) for y in (-40, 40) for z in (-30, 30))


def run_demo(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fpgnas_ros.demo", "--out", str(tmp_path / "out"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=dict(os.environ))


def test_demo_scores_what_came_back_over_ros(tmp_path: Path) -> None:
    write_painted_bundle(tmp_path / "bundle")
    bag = write_painted_bag(tmp_path / "bag", [True] * 15 + [False] * 5)
    mesh = tmp_path / "box.ply"
    mesh.write_text(BOX_PLY)
    done = run_demo(tmp_path, "--model", str(tmp_path / "bundle"), "--bag", str(bag), "--mesh", str(mesh))
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(
        r"demo: 20 frames, 15 poses, ADD-0\.1d 75\.0 %, latency p50 [\d.]+ ms p99 [\d.]+ ms, dropped 0",
        done.stdout.splitlines()[-1],
    ), done.stdout
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["frames"], summary["poses"], summary["add_0_1d"]) == (20, 15, 0.75)
    assert summary["transforms"] == 15
    assert summary["add_median_mm"] < 1
    assert 0 < summary["latency_p50_ms"] <= summary["latency_p99_ms"]
    pictures = list((tmp_path / "out").glob("overlay_*.jpg"))
    assert len(pictures) == 3
    assert all(cv2.imread(str(picture)).shape == (480, 640, 3) for picture in pictures)


def test_missing_recording_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    write_painted_bundle(tmp_path / "bundle")
    (tmp_path / "box.ply").write_text(BOX_PLY)
    arguments = ("--model", str(tmp_path / "bundle"), "--mesh", str(tmp_path / "box.ply"))
    done = run_demo(tmp_path, *arguments, "--bag", str(tmp_path / "none.mcap"))
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("error: ")
    assert "none.mcap: expected a recording, got no such file" in done.stderr
    assert "Traceback" not in done.stderr
