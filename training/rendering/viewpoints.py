"""Sparse viewpoint models: an object drawn from all around, and its edges put back onto its surface."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fpgnas_core.camera import Camera
from fpgnas_core.contour import ViewpointModel
from fpgnas_core.se3 import make_transform
from training.data.models import DatasetModel
from training.rendering.drawn_view import DrawnView
from training.rendering.inner_edges import inner_edges
from training.rendering.outline_points import outline_points
from training.rendering.renderer import Drawable, Material, Renderer

VIEWS = 400
"""Directions, some 10 degrees apart. Five times the views give no better poses."""
_SIZE = 400
_FILL = 0.9
_DISTANCE = 6.0
"""Of the camera, in diameters: about where objects are seen from."""
_NORMAL_DECIMALS = 2
"""A third of a degree; with more of them the file would be a quarter larger."""
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
    points, normals = [], []
    for number, direction in enumerate(tqdm(directions, desc=f"outlines {model.name}", unit="view")):
        pose = _looking_along(-direction, center + _DISTANCE * model.diameter * direction)
        drawn = [Drawable(mesh, pose, Material(), 1)]
        geometry, surfaces = renderer.render_geometry(camera, drawn), renderer.render_surfaces(camera, drawn)
        view, rng = DrawnView(geometry, surfaces, camera, pose), np.random.default_rng(number)
        outline, inner = outline_points(view, rng, model.name), inner_edges(view, rng)
        points.append(np.concatenate([outline.points, inner.points]))
        normals.append(np.concatenate([outline.normals, inner.normals]).round(_NORMAL_DECIMALS))
    is_inner = np.repeat([0, 1], [len(outline.points), len(inner.points)])
    return ViewpointModel(*(np.array(part, np.float32) for part in (center, directions, points, normals, is_inner)))


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
