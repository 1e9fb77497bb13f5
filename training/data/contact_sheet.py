"""Many small pictures with the annotated objects drawn in, for a person to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.overlay import BOX_COLOR, draw_pose
from fpgnas_core.se3 import transform_points
from training.data.sample import Sample
from training.data.shapes import Shape
from training.errors import DatasetError

Picture = NDArray[np.uint8]
TILE_WIDTH, TILE_HEIGHT, CAPTION_HEIGHT, COLUMNS = 400, 300, 22, 6
MASK_COLOUR = (255, 0, 255)
LEAST_VIEW, VIEW_FILL = 0.25, 2.5  # smallest part of an image that is shown, and how far it reaches beyond the objects


def tile(sample: Sample, image: Picture, shapes: Mapping[int, Shape], caption: str) -> Picture:
    """(TILE_HEIGHT + CAPTION_HEIGHT, TILE_WIDTH, 3) BGR: boxes, outlines of the visible masks and a caption.

    image: (H, W, 3) BGR of the sample; small objects are zoomed in on. Objects without a shape get the rectangle
    that the data set states. Raises DatasetError for a mask that cannot be read.
    """
    x0, y0, width, height = _view(sample, shapes)
    scale = min(TILE_WIDTH / width, TILE_HEIGHT / height)
    size = (round(width * scale), round(height * scale))
    camera = sample.camera.cropped(x0, y0, width, height).resized(*size)
    part = image[y0 : y0 + height, x0 : x0 + width]
    small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8)
    for annotation in sample.annotations:
        if annotation.has_mask_visible:
            _draw_mask(small, sample.load_mask_visible(annotation)[y0 : y0 + height, x0 : x0 + width])
        if annotation.object_id in shapes:
            draw_pose(small, annotation.T_camera_object, shapes[annotation.object_id].model, camera)
        elif annotation.bbox_obj is not None:
            x, y, across, down = (scale * value for value in annotation.bbox_obj)
            corner = (round(x - scale * x0), round(y - scale * y0))
            cv2.rectangle(small, (*corner, round(across), round(down)), BOX_COLOR, 1)
    framed = np.zeros((TILE_HEIGHT + CAPTION_HEIGHT, TILE_WIDTH, 3), np.uint8)
    framed[CAPTION_HEIGHT : CAPTION_HEIGHT + size[1], : size[0]] = small
    cv2.putText(framed, caption, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
    return framed


def _view(sample: Sample, shapes: Mapping[int, Shape]) -> tuple[int, int, int, int]:
    """Left, top, width and height of the part to show: round all drawn objects, in the image's proportions."""
    camera = sample.camera
    drawn = [
        transform_points(annotation.T_camera_object, shapes[annotation.object_id].model.box_corners())
        for annotation in sample.annotations
        if annotation.object_id in shapes
    ]
    corners = np.vstack([np.zeros((0, 3)), *drawn])
    if len(corners) == 0 or corners[:, 2].min() <= 0:
        return 0, 0, camera.width, camera.height
    pixels = camera.project(corners)
    centre, extent = (pixels.min(axis=0) + pixels.max(axis=0)) / 2, np.ptp(pixels, axis=0)
    share = min(1.0, max(LEAST_VIEW, VIEW_FILL * max(extent / [camera.width, camera.height])))
    width, height = max(1, round(share * camera.width)), max(1, round(share * camera.height))
    x0 = int(np.clip(centre[0] - width / 2, 0, camera.width - width))
    y0 = int(np.clip(centre[1] - height / 2, 0, camera.height - height))
    return x0, y0, width, height


def sheet(tiles: Sequence[Picture]) -> Picture:
    """The tiles in rows of COLUMNS. Raises DatasetError where there are none."""
    if not tiles:
        raise DatasetError("contact sheet: expected at least one readable image, got none")
    columns = min(COLUMNS, len(tiles))
    blank = np.zeros_like(tiles[0])
    padded = [*tiles, *[blank] * (-len(tiles) % columns)]
    rows = [np.hstack(padded[first : first + columns]) for first in range(0, len(padded), columns)]
    return np.vstack(rows)


def _draw_mask(small: Picture, mask: NDArray[np.bool_]) -> None:
    resized = cv2.resize(mask.astype(np.uint8), (small.shape[1], small.shape[0]), interpolation=cv2.INTER_NEAREST)
    outlines, _ = cv2.findContours(resized, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(small, outlines, -1, MASK_COLOUR, 1)
