"""The shipped bundle's estimator against ground truth, on pictures without noise of the object in its own colours."""

from pathlib import Path

import numpy as np

from training.evaluation.run import evaluate_split
from training.evaluation.settings import EvaluationSettings
from training.rendering.generate import generate
from training.rendering.settings import RenderSettings

CHECKOUT = Path(__file__).resolve().parents[2]
IMAGES, SEED, DISTANCE_M = 60, 424242, 0.5
MOST_M, MOST_DEG = 3e-3, 1.5
"""The target is 5 mm and 3 degrees; reached are 2.15 mm and 1.01 degrees."""


def test_median_error_of_the_demo_object_at_half_a_metre(tmp_path: Path) -> None:
    generate(
        RenderSettings(
            str(tmp_path / "renders"),
            mesh=str(CHECKOUT / "assets" / "demo_object.ply"),
            object_name="demo_object",
            images=IMAGES,
            split="test",
            seed=SEED,
            workers=1,
            width=640,
            height=480,
            focal_px=572.0,
            distance_m=(DISTANCE_M, DISTANCE_M),
            distractors_per_image=(0, 0),
            min_visible=1.0,
            occluded_share=0.0,
            uniform_colour_share=0.0,
            tint_share=0.0,
            sensor_strength=0.0,
            depth=False,
        )
    )
    bundle = str(CHECKOUT / "models" / "demo")
    scores = evaluate_split(EvaluationSettings(bundle, str(tmp_path / "renders"), "test", "", threads=1)).scores
    assert len(scores) == IMAGES
    metres = float(np.median([score.translation_error for score in scores]))  # of one that is missed: infinite
    degrees = float(np.median([score.rotation_error_deg for score in scores]))
    print(f"median error: {1000 * metres:.2f} mm, {degrees:.2f} degrees")
    assert metres < MOST_M
    assert degrees < MOST_DEG
