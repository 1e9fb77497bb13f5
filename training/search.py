"""Search a network for an object and a FLOPs budget: `python training/search.py --config config/search.yaml`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import run_command
from training.learning.search_command import run
from training.learning.search_settings import SearchSettings

if __name__ == "__main__":
    run_command(SearchSettings, run)
