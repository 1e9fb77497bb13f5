"""The command measures a bag's evaluation and says what it means."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_prints_ratio_and_memory_of_two_lengths(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bag_evaluation.py"), "--frames", "6", "--longer", "2"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT, timeout=120
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    alone = [min(ways.values()) for ways in figures["network_alone"]]
    assert len(alone) == 3
    assert min(alone) > 0
    assert [row["frames"] for row in figures["evaluations"]] == [6, 12]
    for row in figures["evaluations"]:
        assert row["seconds"] / row["frames"] / max(alone) <= row["ratio_to_network"]
        assert row["ratio_to_network"] <= row["seconds"] / row["frames"] / min(alone)
        assert all(row["cpu_s"][step] > 0 for step in ("network", "decode_image", "score", "start_read_and_write"))
        assert 30 < row["peak_mb"] < 1000
        assert row["report_mb"] < 1
    assert "x the network alone" in done.stdout.splitlines()[1]
    assert "CPU time, ms a frame: network" in done.stdout.splitlines()[2]
    summary = json.loads((tmp_path / "12_frames" / "summary.json").read_text())
    assert summary["runs"][0]["detection"]["frames_with_truth"] == 12
