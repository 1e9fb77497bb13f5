"""Decoders that use a part of what a network says, to compare with `fpgnas_core.pose.fine_pose`, which uses all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fpgnas_core.camera import Camera
from fpgnas_core.decode import Votes, cell_centers
from fpgnas_core.imaging import PixelMap
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pnp import PnpSolution, SurfacePoints, solve_pnp
from fpgnas_core.pose import coarse_pose, fine_pose
from fpgnas_core.se3 import transform_points

COVERED, MOST_CELLS = 0.8, 96
"""As in `fpgnas_core.pose`."""
CAUCHY = 2.0
IGNORED_PX2 = 1e12
UNKNOWN = 1e6


def votes_alone(
    votes: Votes, model: ObjectModel, stride: int, pixel_map: PixelMap, camera: Camera
) -> PnpSolution | None:
    """The pose of the keypoint votes."""
    return coarse_pose(_unsized(votes), model, pixel_map, camera)


def without_size(
    votes: Votes, model: ObjectModel, stride: int, pixel_map: PixelMap, camera: Camera
) -> PnpSolution | None:
    """The pose of votes and surface coordinates, which the apparent size has no part in."""
    return fine_pose(_unsized(votes), model, stride, pixel_map, camera)


def _unsized(votes: Votes) -> Votes:
    return replace(votes, size_sigma=UNKNOWN)


def surface_alone(
    votes: Votes, model: ObjectModel, stride: int, pixel_map: PixelMap, camera: Camera
) -> PnpSolution | None:
    """The pose of the surface coordinates: fitted in the picture, then, without its bias, in the object's space."""
    covered = np.flatnonzero(votes.cell_confidences >= COVERED)
    chosen = covered[np.argsort(votes.surface_sigmas[covered], kind="stable")[:MOST_CELLS]]
    points = votes.surface[chosen] * np.array(model.box_size) + np.array(model.box_center)
    pixels = pixel_map.to_frame(cell_centers(votes.cells[chosen], stride))
    sigmas = votes.surface_sigmas[chosen] * np.mean(model.box_size)
    relative = (sigmas / max(float(sigmas.min(initial=np.inf)), 1e-9))[:, None, None] ** 2
    start = solve_pnp(points, pixels, relative * np.eye(2), camera)
    if start is None:
        return None
    rays = (camera.undistort_pixels(pixels) - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    seen = transform_points(start.T_camera_object, points)
    apart = np.sum((seen[:, :2] - rays * seen[:, 2:]) ** 2, axis=1)
    surface = SurfacePoints(points, rays, np.sqrt(sigmas**2 + apart / CAUCHY**2))
    nowhere = np.tile(IGNORED_PX2 * np.eye(2), (len(model.keypoints), 1, 1))
    pixels = pixel_map.to_frame(votes.keypoints_px)
    return solve_pnp(model.keypoints, pixels, nowhere, camera, start=start.T_camera_object, surface=lambda _: surface)
