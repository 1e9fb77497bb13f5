"""Pictures to judge an evaluation by: overlays of the best, the middle and the worst objects."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.bundle import Bundle
from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.overlay import draw_pose
from fpgnas_core.se3 import transform_points
from fpgnas_core.surroundings import surroundings as cut_surroundings
from training.evaluation.scoring import ObjectScore

Picture = NDArray[np.uint8]
TILE_PX = 256
COLUMNS = 6
FONT, FONT_SCALE, MARGIN = cv2.FONT_HERSHEY_SIMPLEX, 0.42, 6
TRUE_COLOUR, ESTIMATE_COLOUR = (80, 220, 80), (230, 60, 255)


def contact_sheet(scores: Sequence[ObjectScore], bundle: Bundle) -> Picture:
    """(H, W, 3) BGR: rows of the best, the median and the worst; ground truth green, estimate magenta.

    Each tile says scene/image, ADD in mm (ADI for a symmetric object) and that in diameters, or "missed".
    """
    ranked = sorted(scores, key=lambda score: score.relative_add)
    models = {model.object_id: model for model in bundle.objects}
    middle = max(0, (len(ranked) - COLUMNS) // 2)
    rows = {
        "best": ranked[:COLUMNS],
        "median": ranked[middle : middle + COLUMNS],
        "worst": ranked[-COLUMNS:][::-1],
    }
    return np.vstack([_row(name, row, models) for name, row in rows.items()])


def worst_sheet(scores: Sequence[ObjectScore], bundle: Bundle) -> Picture:
    """(H, W, 3) BGR: of each object a row of the worst, as in `contact_sheet`."""
    models = {model.object_id: model for model in bundle.objects}
    rows = []
    for object_id in sorted({score.annotation.object_id for score in scores}):
        own = [score for score in scores if score.annotation.object_id == object_id]
        worst = sorted(own, key=lambda score: -score.relative_add)[:COLUMNS]
        rows.append(_row(models[object_id].name, worst, models))
    return np.vstack(rows)


def _row(name: str, scores: Sequence[ObjectScore], models: dict[int, ObjectModel]) -> Picture:
    tiles = [tile(score, models[score.annotation.object_id], name) for score in scores]
    tiles += [np.zeros((TILE_PX, TILE_PX, 3), np.uint8)] * (COLUMNS - len(tiles))
    return np.hstack(tiles)


def tile(score: ObjectScore, model: ObjectModel, name: str = "", size: int = TILE_PX) -> Picture:
    """(size, size, 3) BGR: the surroundings of one annotated object with both poses drawn."""
    picture, camera = surroundings(score, model, size)
    draw_pose(picture, score.annotation.T_camera_object, model, camera, color=TRUE_COLOUR)
    if score.estimate is not None:
        draw_pose(picture, score.estimate.T_camera_object, model, camera, color=ESTIMATE_COLOUR)
    write_caption(picture, 16, f"{name} {score.sample.scene_id}/{score.sample.image_id}".strip())
    write_caption(picture, size - 8, _verdict(score))
    return picture


def surroundings(score: ObjectScore, model: ObjectModel, size: int) -> tuple[Picture, Camera]:
    """The square round one annotated object, resized to (size, size, 3) BGR, and the camera of that picture."""
    camera = score.sample.camera
    corners = camera.project(transform_points(score.annotation.T_camera_object, model.box_corners()))
    return cut_surroundings(score.sample.load_image(), camera, corners, size)


def _verdict(score: ObjectScore) -> str:
    if math.isinf(score.add):
        return "missed"
    return f"ADD {1000 * score.add:.1f} mm = {score.relative_add:.3f} d, {score.rotation_error_deg:.1f} deg"


def write_caption(picture: Picture, y: int, text: str) -> None:
    """Write one line into a picture, in place, white on black, as small as its width asks; y: of the base line."""
    # On a band: an outline in thicker letters does not fit the letters, which are wider then (OpenCV 5).
    room, scale = picture.shape[1] - 2 * MARGIN, FONT_SCALE
    (width, height), below = cv2.getTextSize(text, FONT, scale, 1)
    while width > room:
        scale *= 0.95
        (width, height), below = cv2.getTextSize(text, FONT, scale, 1)
    top_left, bottom_right = (MARGIN - 2, y - height - 2), (MARGIN + width + 2, y + below)
    cv2.rectangle(picture, top_left, bottom_right, (0, 0, 0), cv2.FILLED)
    cv2.putText(picture, text, (MARGIN, y), FONT, scale, (255, 255, 255), 1, cv2.LINE_AA)
