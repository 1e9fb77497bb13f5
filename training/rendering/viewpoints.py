"""Sparse viewpoint models: an object drawn from all around, and its outline put back onto its surface."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fpgnas_core.camera import Camera
from fpgnas_core.contour import ViewpointModel
from fpgnas_core.se3 import make_transform
from training.data.models import DatasetModel
from training.errors import RenderError
from training.rendering.renderer import Drawable, Geometry, Material, Renderer

VIEWS, POINTS = 400, 128
"""Directions, some 10 degrees apart, and points an outline. Five times the views give no better poses."""
_SIZE = 400
_FILL = 0.9
_DISTANCE = 6.0
"""Of the camera, in diameters: about where objects are seen from."""
_SHORTEST_PX = 24
"""A shorter closed outline is a gap between two triangles, or a hole that blur would close."""
_SMOOTHED_PX = 2.0
Vector = NDArray[np.float64]


def viewpoint_models(models: Iterable[DatasetModel]) -> dict[int, ViewpointModel]:
    """The models of some objects by their id. Raises MeshError, RenderError."""
    renderer = Renderer()
    return {model.object_id: viewpoint_model(renderer, model) for model in models}


def viewpoint_model(renderer: Renderer, model: DatasetModel, views: int = VIEWS) -> ViewpointModel:
    """Draw the object's mesh from `views` directions. Raises MeshError, RenderError."""
    focal = _SIZE * _FILL * _DISTANCE
    camera = Camera(focal, focal, (_SIZE - 1) / 2, (_SIZE - 1) / 2, _SIZE, _SIZE)
    mesh, center = renderer.upload(model.load_mesh()), np.array(model.box_center)
    directions = spread_directions(views)
    outlines = []
    for number, direction in enumerate(tqdm(directions, desc=f"outlines {model.name}", unit="view")):
        pose = _looking_along(-direction, center + _DISTANCE * model.diameter * direction)
        geometry = renderer.render_geometry(camera, [Drawable(mesh, pose, Material(), 1)])
        outlines.append(_outline(geometry, camera, pose, np.random.default_rng(number), model.name))
    points, normals = (np.array(part, np.float32) for part in zip(*outlines, strict=True))
    return ViewpointModel(center.astype(np.float32), directions.astype(np.float32), points, normals)


def spread_directions(count: int) -> Vector:
    """(count, 3) unit vectors spread evenly (Fibonacci lattice; Gonzalez, "Measurement of areas on a sphere", 2010)."""
    place = np.arange(count) + 0.5
    z, angle = 1 - 2 * place / count, np.pi * (1 + np.sqrt(5)) * place
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def _looking_along(direction: Vector, eye: Vector) -> Vector:
    """T_camera_object of a camera at `eye`, metres, object frame."""
    least = np.eye(3)[np.abs(direction).argmin()]
    x = np.cross(direction, least)
    x /= np.linalg.norm(x)
    rotation = np.array([x, np.cross(direction, x), direction])
    return make_transform(rotation, -rotation @ eye)


def _outline(
    geometry: Geometry, camera: Camera, pose: Vector, rng: np.random.Generator, name: str
) -> tuple[Vector, Vector]:
    """(POINTS, 3) points and normals, object frame: some of all pixels at the border of the object's picture."""
    mask = (geometry.instances > 0).astype(np.uint8)
    found, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outlines = [outline[:, 0] for outline in found if len(outline) >= _SHORTEST_PX]
    pixels = np.concatenate(outlines) if outlines else np.zeros((0, 2), np.int64)
    columns, rows = pixels[mask[pixels[:, 1], pixels[:, 0]] > 0].T
    smooth = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _SMOOTHED_PX)
    slopes = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *order)[rows, columns] for order in ((1, 0), (0, 1))], axis=1)
    steepness = np.linalg.norm(slopes, axis=1)
    chosen = np.flatnonzero(steepness > 1e-3)
    if not len(chosen):
        raise RenderError(
            f"{name}: expected an object with an outline from all sides, got a view without; check the mesh"
        )
    chosen = rng.choice(chosen, POINTS, replace=len(chosen) < POINTS)
    outwards = -slopes[chosen] / steepness[chosen, None]
    # The object ends half a pixel beyond the middle of its last one.
    ends = np.stack([columns, rows], axis=1)[chosen] + 0.5 * outwards
    depths = geometry.depth[rows[chosen], columns[chosen], None].astype(np.float64)
    rays = np.hstack([(ends - [camera.cx, camera.cy]) / [camera.fx, camera.fy], np.ones((POINTS, 1))])
    points = (depths * rays - pose[:3, 3]) @ pose[:3, :3]
    return points, np.hstack([outwards, np.zeros((POINTS, 1))]) @ pose[:3, :3]
