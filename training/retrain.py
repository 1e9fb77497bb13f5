"""Train the network that a search found: `python training/retrain.py --config config/demo/retrain.yaml`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import run_command
from training.learning.retrain import retrain
from training.learning.retrain_settings import RetrainSettings

if __name__ == "__main__":
    run_command(RetrainSettings, retrain)
