"""What the outline does to poses, as a picture: `python benchmarks/outline.py --bundle B --dataset DIR --split test`.

Each crop shows the outline at the pose that the network gives alone (red) and at the one that outline and network give
together (green), with the errors of both in diameters.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fpgnas_core.bundle import Bundle, load_bundle
from fpgnas_core.camera import Camera
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.se3 import transform_points
from fpgnas_core.surroundings import surroundings
from training.cli import run_command
from training.data.bop import read_split
from training.data.contact_sheet import sheet
from training.data.models import read_models
from training.data.sample import Sample
from training.errors import DatasetError
from training.evaluation.pictures import write_caption
from training.evaluation.scoring import ObjectScore, ScoredModel, score_image

RED, GREEN = (40, 40, 255), (60, 230, 60)
TILE = 256
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class OutlineSettings:
    """Draw the poses of some objects before and after they are aligned with their outlines."""

    bundle: str
    """Bundle folder."""
    dataset: str
    """Folder of a BOP data set with whole frames."""
    split: str = "test"
    """Name of the split."""
    out: str = "out/outline.jpg"
    """Picture."""
    objects: int = 12
    """Number of objects drawn, the first ones that are found."""
    threads: int = 0
    """CPU threads of the network; 0: one a core."""


def run(settings: OutlineSettings) -> None:
    """Draw the picture and print the median errors of what it shows."""
    bundle, dataset = load_bundle(settings.bundle), Path(settings.dataset)
    infos = read_models(dataset / "models")
    models = {i: ScoredModel.load(infos[i]) for i in infos.keys() & bundle.viewpoints.keys()}
    alone = PoseEstimator(replace(bundle, viewpoints={}), settings.threads or None)
    together = PoseEstimator(bundle, settings.threads or None)
    tiles: list[Picture] = []
    errors: list[tuple[float, float]] = []
    for sample in tqdm(read_split(dataset, settings.split, infos), unit="image"):
        image = sample.load_image()
        before = alone.estimate(image, sample.camera)
        after = together.estimate(image, sample.camera, before)
        for first, second in zip(*(score_image(sample, found, models) for found in (before, after)), strict=True):
            if first.estimate and second.estimate and len(tiles) < settings.objects:
                errors.append((first.relative_add, second.relative_add))
                tiles.append(_tile(bundle, sample, image, first, second))
        if len(tiles) == settings.objects:
            break
    if not tiles:
        raise DatasetError(f"{dataset}: expected frames in which an object with outlines is found, got none")
    Path(settings.out).parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(settings.out, sheet(tiles), [cv2.IMWRITE_JPEG_QUALITY, 88])
    network, both = np.median(errors, axis=0)
    print(
        f"{settings.out}: median ADD(-S) of {len(errors)} objects {network:.3f} d by the network, {both:.3f} d with it"
    )


def _tile(bundle: Bundle, sample: Sample, image: Picture, before: ObjectScore, after: ObjectScore) -> Picture:
    model = next(m for m in bundle.objects if m.object_id == before.annotation.object_id)
    corners = transform_points(before.annotation.T_camera_object, model.box_corners())
    part, camera = surroundings(image, sample.camera, sample.camera.project(corners), TILE, margin=1.25)
    for score, colour in ((before, RED), (after, GREEN)):
        if score.estimate is not None:
            _draw(part, bundle, score.estimate, camera, colour)
    write_caption(part, TILE - 8, f"{before.relative_add:.3f} d to {after.relative_add:.3f} d")
    return part


def _draw(part: Picture, bundle: Bundle, estimate: PoseEstimate, camera: Camera, colour: tuple[int, int, int]) -> None:
    points, normals = bundle.viewpoints[estimate.object_id].nearest(estimate.T_camera_object)
    for x, y in camera.project(transform_points(estimate.T_camera_object, points[normals.any(axis=1)])):
        cv2.circle(part, (round(8 * x), round(8 * y)), 12, colour, -1, cv2.LINE_AA, shift=3)


if __name__ == "__main__":
    run_command(OutlineSettings, run)
