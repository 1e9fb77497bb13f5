"""Score a bundle: `python training/evaluate.py --bundle B --dataset DIR --split S --out OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import run_command
from training.evaluation.report import evaluate_and_report
from training.evaluation.settings import EvaluationSettings

if __name__ == "__main__":
    run_command(EvaluationSettings, evaluate_and_report)
