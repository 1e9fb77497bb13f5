"""The shipped bundle on the shipped recording, through the running node."""

import json
import os
import subprocess
import sys
from pathlib import Path

from fpgnas_core.bundle import load_bundle
from fpgnas_ros.share_folder import resolve_model
from tests.patience import PATIENCE_S


def test_shipped_bundle_keeps_its_budget() -> None:
    assert load_bundle(resolve_model("demo")).flops <= 150e6


def test_demo_scores_the_shipped_bundle_on_the_shipped_recording(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fpgnas_ros.demo", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["frames"] == 150
    processed = summary["frames"] - summary["dropped"]  # a busy machine drops some
    assert processed >= 0.5 * summary["frames"]
    assert summary["poses"] >= 0.9 * processed
    assert 0 < summary["add_0_1d"] <= 1
    assert done.stdout.splitlines()[-1].startswith("demo: 150 frames, ")
    assert summary["transforms"] == summary["poses"]
    assert len(list(tmp_path.glob("overlay_*.jpg"))) == 3
