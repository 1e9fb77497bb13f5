"""Images a second that the renderer writes: `python benchmarks/render_throughput.py --json FILE`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.cli import run_command
from training.rendering.generate import generate
from training.rendering.objects import load_objects
from training.rendering.settings import RenderSettings

DEMO = str(Path(__file__).resolve().parents[1] / "assets" / "demo_object.ply")
CAT_ID, DECIMATED_FACES = 6, 5000


@dataclass(frozen=True)
class ThroughputSettings:
    """Renders whole data sets (light, shadows, antialiasing, compositing, noise, all files) and times them.

    What a start costs is taken off: each row is rendered once and again with twice the images.
    """

    images: int = 400
    """Images that are timed in each row."""
    workers: int = 0
    """Processes; 0: one a core."""
    linemod_models: str = "../shared/data/linemod/models"
    """BOP models folder with obj_000006.ply, the LM-O cat; its rows are left out where it is not there."""
    json: str = ""
    """File for the figures; empty: none."""


@dataclass(frozen=True)
class Row:
    """One data set to time. group: key in the JSON file."""

    group: str
    name: str
    settings: RenderSettings


def run(settings: ThroughputSettings) -> None:
    """Time every row, print the table, write the JSON file."""
    cores = settings.workers or len(os.sched_getaffinity(0))
    figures: dict[str, dict[str, float]] = {}
    print(f"{cores} processes, {settings.images} images a row\n{'':42s} {'faces':>7s} {'images/s':>9s}")
    for row in _rows(settings):
        rate = _rate(row.settings, settings.images)
        faces = sum(len(thing.mesh.faces) for thing in load_objects(row.settings))
        if row.settings.most_faces:
            faces = min(faces, row.settings.most_faces)
        print(f"{row.group + ' ' + row.name:42s} {faces:7d} {rate:9.1f}", flush=True)
        figures.setdefault(row.group, {})[row.name] = round(rate, 2)
    if settings.json:
        Path(settings.json).write_text(json.dumps(figures | {"processes": cores, "images": settings.images}) + "\n")


def _rows(settings: ThroughputSettings) -> Iterator[Row]:
    sizes = {(320, 240): 286.0, (640, 480): 572.0, (128, 128): 0.0}
    demo = RenderSettings(out="", mesh=DEMO, workers=settings.workers, distance_m=(0.3, 1.0))
    for (width, height), focal in sizes.items():
        of_size = replace(demo, width=width, height=height, focal_px=focal)
        yield Row("images_per_s", f"{width}x{height}", of_size)
        yield Row("decimated_images_per_s", f"{width}x{height}", replace(of_size, most_faces=DECIMATED_FACES))
    models = Path(settings.linemod_models)
    if not (models / f"obj_{CAT_ID:06d}.ply").is_file():
        print(f"cat: left out, {models} has no obj_{CAT_ID:06d}.ply; pass --linemod_models")
        return
    cat = replace(demo, mesh="", models=str(models), objects=[CAT_ID], uniform_colour_share=0.1, distance_m=(0.4, 1.4))
    scene = replace(cat, width=320, height=240, focal_px=286.0, distractors_per_image=(2, 2), occluded_share=0.0)
    yield Row("cat_images_per_s", "320x240 with two distractors", scene)
    yield Row("cat_images_per_s", "128x128", cat)
    simple = replace(scene, most_faces=DECIMATED_FACES)
    yield Row("decimated_cat_images_per_s", "320x240 with two distractors", simple)
    yield Row("decimated_cat_images_per_s", "128x128", replace(cat, most_faces=DECIMATED_FACES))


def _rate(settings: RenderSettings, images: int) -> float:
    """Images a second between the first `images` images and twice as many."""
    seconds = []
    for count in (images, 2 * images):
        folder = tempfile.mkdtemp(prefix="render_throughput_")
        try:
            start = time.perf_counter()
            generate(replace(settings, out=folder, images=count))
            seconds.append(time.perf_counter() - start)
        finally:
            shutil.rmtree(folder)
    return images / (seconds[1] - seconds[0])


if __name__ == "__main__":
    run_command(ThroughputSettings, run)
