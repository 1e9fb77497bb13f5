"""Errors of use, the verdicts, and with a checkout of bop_toolkit in FPGNAS_BOP_TOOLKIT the comparison itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.bop_parity import Row, table

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "bop_parity.py"
TOOLKIT = os.environ.get("FPGNAS_BOP_TOOLKIT", "")
needs_toolkit = pytest.mark.skipif(not TOOLKIT, reason="FPGNAS_BOP_TOOLKIT names no checkout of thodan/bop_toolkit")


def _run(toolkit: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--toolkit", str(toolkit), "--images", "2"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_folder_that_is_no_toolkit_is_an_error_of_use(tmp_path: Path) -> None:
    done = _run(tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {tmp_path}: expected a checkout of bop_toolkit")


@pytest.mark.parametrize(("difference", "verdict"), [(1e-7, "equal"), (2e-6, "DIFFERENT"), (float("nan"), "DIFFERENT")])
def test_verdict(difference: float, verdict: str) -> None:
    assert table([Row("add", "1 mm", "1 mm", difference, 1e-6)]).endswith(f"| 1e-06 | {verdict} |")


@needs_toolkit
def test_equal_to_the_toolkit() -> None:
    done = _run(TOOLKIT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| equal |") == 14


@needs_toolkit
def test_difference_of_a_thousandth_is_found(tmp_path: Path) -> None:
    for part in ("bop_toolkit_lib", "scripts"):
        shutil.copytree(Path(TOOLKIT) / part, tmp_path / part)
    with (tmp_path / "bop_toolkit_lib" / "pose_error.py").open("a") as file:
        file.write("\noriginal = mssd\n\n\ndef mssd(*args):\n    return 1.001 * original(*args)\n")
    done = _run(tmp_path)
    assert done.returncode == 1, done.stderr
    assert "DIFFERENT" in next(line for line in done.stdout.splitlines() if line.startswith("| mssd"))
