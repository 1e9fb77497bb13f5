"""The command measures memory over a large recording and the report of a long one."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not (shutil.which("chromium") or shutil.which("google-chrome")), reason="needs a browser")
def test_prints_memory_size_and_time_to_open(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bag_size.py"), "--gigabytes", "0.04", "--frames", "20"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["large"]["frames"] == 6
    assert figures["large"]["gigabytes"] == pytest.approx(0.04, rel=0.1)
    assert 50 < figures["large"]["peak_mb"] < 1500
    assert 50 < figures["long"]["peak_mb"] < 500
    assert 0.01 < figures["long"]["report_mb"] < 1
    assert 0 < figures["long"]["opens_s"] < 60
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
    assert "report" in done.stdout.splitlines()[1]
