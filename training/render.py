"""Render a synthetic BOP data set: `python training/render.py --mesh part.ply [other.ply ...] --out data/part`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import run_command
from training.rendering.generate import generate
from training.rendering.settings import RenderSettings

LISTS = ("--mesh", "--objects")


def _listed(arguments: list[str]) -> list[str]:
    """The values after each of LISTS as one YAML list, as the settings take it."""
    listed: list[str] = []
    for argument in arguments:
        if listed and listed[-1] in LISTS:
            listed.append(argument if argument.startswith("[") else f"[{argument}]")
        elif len(listed) > 1 and listed[-2] in LISTS and not argument.startswith("--"):
            listed[-1] = f"{listed[-1][:-1]}, {argument}]"
        else:
            listed.append(argument)
    return listed


if __name__ == "__main__":
    sys.argv[1:] = _listed(sys.argv[1:])
    run_command(RenderSettings, generate)
