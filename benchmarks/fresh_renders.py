"""Score a bundle on images rendered now: `python benchmarks/fresh_renders.py --bundle models/demo --images 500`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import parse_settings, run_command
from training.evaluation.report import write_report
from training.evaluation.run import evaluate_split
from training.evaluation.settings import EvaluationSettings
from training.evaluation.summary import summarise
from training.rendering.generate import generate
from training.rendering.settings import RenderSettings


@dataclass(frozen=True)
class FreshRendersSettings:
    """Renders whole frames of a seed never trained on and scores a bundle on all of them; prints one JSON line."""

    bundle: str
    """Bundle folder."""
    images: int = 500
    """Number of images."""
    seed: int = 987654
    """Seed of the images."""
    render_config: str = "config/demo/render_test.yaml"
    """Settings of the renderer; `images`, `seed` and `out` are replaced."""
    out: str = "out/fresh_renders"
    """Folder for the images and the results."""
    threads: int = 0
    """CPU threads of the network; 0: one a core."""


def run(settings: FreshRendersSettings) -> None:
    """Render, evaluate, write the report, print the JSON line."""
    data = Path(settings.out) / f"data_{settings.seed}_{settings.images}"
    replaced = {"--seed": settings.seed, "--images": settings.images, "--out": data, "--split": "test"}
    options = [str(part) for pair in replaced.items() for part in pair]
    generate(parse_settings(RenderSettings, ["--config", settings.render_config, *options]))
    out = Path(settings.out) / "results"
    evaluation = evaluate_split(
        EvaluationSettings(settings.bundle, str(data), "test", str(out), threads=settings.threads)
    )
    figures = {"bundle": settings.bundle, "images": settings.images, "seed": settings.seed}
    summary = figures | summarise(evaluation)
    write_report(out, evaluation, summary, f"fresh-{settings.seed}")
    print(json.dumps(summary))


if __name__ == "__main__":
    run_command(FreshRendersSettings, run)
