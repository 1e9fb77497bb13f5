"""The command measures a bag's evaluation and says what it means."""

import json
import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


def test_prints_ratio_and_memory_of_two_lengths(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bag_evaluation.py"), "--frames", "6", "--longer", "2"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    alone = figures["network_alone_s"]
    assert len(alone) == 3
    assert [row["frames"] for row in figures["evaluations"]] == [6, 12]
    for row in figures["evaluations"]:
        for way, ratio in row["ratio_to_network"].items():
            times = [measured[way] for measured in alone]
            assert 0 < row["seconds"] / row["frames"] / max(times) <= ratio
            assert ratio <= row["seconds"] / row["frames"] / min(times)
        assert all(row["cpu_s"][step] > 0 for step in ("network", "decode_image", "score", "start_read_and_write"))
        assert 30 < row["peak_mb"] < 1000
        assert row["report_mb"] < 1
    lines = done.stdout.splitlines()
    assert lines[1].startswith("  frame after frame on one thread: ")
    for ending in ("on one thread", "on all cores' threads", "one on each core"):
        assert sum("x the network" in line and line.endswith(ending) for line in lines) == 2
    assert sum("CPU time, ms a frame: network" in line for line in lines) == 2
    summary = json.loads((tmp_path / "12_frames" / "summary.json").read_text())
    assert summary["runs"][0]["detection"]["frames_with_truth"] == 12
