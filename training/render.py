"""Render a synthetic BOP data set of a mesh: `python training/render.py --mesh part.ply --out data/part`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import run_command
from training.rendering.generate import generate
from training.rendering.settings import RenderSettings

if __name__ == "__main__":
    run_command(RenderSettings, generate)
