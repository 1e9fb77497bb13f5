"""Export a retrained network: `python training/export.py --run RUN --dataset data/demo --out models/demo`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import run_command
from training.learning.export import export
from training.learning.export_settings import ExportSettings

if __name__ == "__main__":
    run_command(ExportSettings, export)
