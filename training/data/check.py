"""Check a data set: `python training/data/check.py DIR [--models MODELS] [--out SHEET.png]`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from training.cli import run_command
from training.data.checking import CheckSettings, check

if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        sys.argv.insert(1, "--dataset")
    run_command(CheckSettings, check)
