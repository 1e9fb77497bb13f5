"""Average the weights of several trainings: `python training/average.py --config config/demo/average.yaml`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import run_command
from training.learning.average import AverageSettings, average

if __name__ == "__main__":
    run_command(AverageSettings, average)
