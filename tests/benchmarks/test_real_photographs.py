"""The command on two pictures in LINEMOD's layout: one whose pose the network reads exactly, one that is empty."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import trimesh

from fpgnas_core.bundle import write_bundle
from tests.fpgnas_core.grids import projections
from tests.fpgnas_core.models import box_object, description
from tests.fpgnas_core.position_network import UPRIGHT, fitting_pose, network_for, picture
from training.data.linemod import CAMERA

COMMAND = Path(__file__).resolve().parents[2] / "benchmarks" / "real_photographs.py"
CENTER = (250.5, 220.5)
DEPTH_SHIFT_MM = 5.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("linemod")
    model = box_object("cat", 6)
    pose = fitting_pose(model, UPRIGHT, CENTER, CAMERA)
    pixels = projections(model, pose, CAMERA)
    bundle = description(folder / "bundle", model)
    write_bundle(bundle, network_for(bundle, pixels - pixels[0]))
    trimesh.creation.box(1000 * np.array(model.box_size)).export(folder / "cat.ply")
    (folder / "06" / "rgb").mkdir(parents=True)
    entries = {}
    for number, centers in ((1, [CENTER]), (8, [])):
        cv2.imwrite(str(folder / "06" / "rgb" / f"{number:04d}.png"), picture(centers))
        translation = 1000 * pose[:3, 3] - [0, 0, DEPTH_SHIFT_MM]
        entry = {"cam_R_m2c": pose[:3, :3].ravel().tolist(), "cam_t_m2c": translation.tolist()}
        entries[number] = [entry | {"obj_bb": [180, 150, 140, 140], "obj_id": 6}]
    (folder / "06" / "gt.yml").write_text("".join(f"{number}: {entry}\n" for number, entry in entries.items()))
    return folder


def call(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    inputs = ["--bundle", str(folder / "bundle"), "--linemod", str(folder), "--mesh", str(folder / "cat.ply")]
    command = [sys.executable, str(COMMAND), *inputs, "--out", str(folder / "out"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_table_summary_and_pictures_tell_each_photograph(folder: Path) -> None:
    done = call(folder, "--confidence_threshold", "0.5")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert lines[2].endswith("not found")
    summary: dict[str, Any] = json.loads((folder / "out" / "summary.json").read_text())
    first, second = summary["photographs"]
    assert first["add_mm"] == pytest.approx(DEPTH_SHIFT_MM, abs=0.2)
    assert first["depth_error_mm"] == pytest.approx(DEPTH_SHIFT_MM, abs=0.2)
    assert second["found"] is False
    assert summary["add_0_1d"] == 0.5
    assert cv2.imread(str(folder / "out" / "overlays.png")).shape == (3 * 384, 2 * 384, 3)


def test_sequence_of_an_unknown_object_is_one_line_and_exit_code_2(folder: Path) -> None:
    truth = folder / "06" / "gt.yml"
    (folder / "08" / "rgb").mkdir(parents=True)
    (folder / "08" / "gt.yml").write_text(truth.read_text().replace("'obj_id': 6", "'obj_id': 8"))
    (folder / "08" / "rgb" / "0001.png").symlink_to(folder / "06" / "rgb" / "0001.png")
    done = call(folder, "--sequence", "08")
    assert done.returncode == 2
    assert "expected a bundle that knows object 8, got [6]" in done.stderr
    assert done.stderr.count("\n") == 1
