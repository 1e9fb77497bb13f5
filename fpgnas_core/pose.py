"""The pose of one instance from all that its cells say, and then from its outline in the crop.

A vote knows where a keypoint is, seen or not, but errs as one with its neighbours; a coordinate says which point of the
surface a cell sees, and errs more by itself. Fitted together they give a better pose than either. How large the object
appears says its distance once more. The outline, whose colours are in the picture itself, corrects what is left.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, FloatArray, IntArray
from fpgnas_core.camera import Camera
from fpgnas_core.contour import ViewpointModel, align
from fpgnas_core.decode import Votes, cell_centers
from fpgnas_core.imaging import PixelMap
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pnp import Distance, PnpSolution, SurfacePoints, reprojection_rms, solve_pnp
from fpgnas_core.se3 import transform_points

Solver: TypeAlias = Callable[[Votes, ObjectModel, int, PixelMap, Camera], PnpSolution | None]
"""As `fine_pose`, which can be replaced."""

_COVERED = 0.8  # confidence; what a cell at the outline sees lies to one side of its centre
_FEWEST_CELLS = 6
_MOST_CELLS = 96  # the surest
_CAUCHY = 2.0  # a coordinate this many standard deviations off counts half


def coarse_pose(votes: Votes, model: ObjectModel, pixel_map: PixelMap, camera: Camera) -> PnpSolution | None:
    """Return the pose that explains the fused keypoint votes best, None if none does.

    `pixel_map` maps the network's input to the frame of `camera`.
    """
    pixels = pixel_map.to_frame(votes.keypoints_px)
    covariances = pixel_map.covariances_to_frame(votes.covariances)
    return solve_pnp(model.keypoints, pixels, covariances, camera, distance=_distance(votes, model, pixel_map, camera))


def fine_pose(votes: Votes, model: ObjectModel, stride: int, pixel_map: PixelMap, camera: Camera) -> PnpSolution | None:
    """Return the pose that explains keypoint votes and surface coordinates best, None if none does.

    `stride`: input pixels per cell.
    """
    chosen = _covered_cells(votes)
    if len(chosen) < _FEWEST_CELLS:
        return coarse_pose(votes, model, pixel_map, camera)
    return solve_pnp(
        model.keypoints,
        pixel_map.to_frame(votes.keypoints_px),
        pixel_map.covariances_to_frame(votes.covariances),
        camera,
        distance=_distance(votes, model, pixel_map, camera),
        surface=lambda pose: _surface(votes, chosen, model, stride, pixel_map, camera, pose),
    )


def outlined_pose(
    solution: PnpSolution,
    votes: Votes,
    model: ObjectModel,
    viewpoints: ViewpointModel,
    stride: int,
    crop: ByteArray,
    pixel_map: PixelMap,
    camera: Camera,
    thorough: bool = False,
) -> tuple[PnpSolution, float]:
    """Return `solution` moved to where the object's outline is in the (S, S, 3) `crop` that the cells were seen in.

    And how clearly it is there, 0 to 1. A `thorough` look starts from several poses.
    """
    grid = np.zeros((len(crop) // stride, len(crop) // stride))
    grid[tuple(votes.cells.T)] = votes.cell_confidences
    seen = np.asarray(cv2.resize(grid, crop.shape[:2], interpolation=cv2.INTER_LINEAR), np.float64)
    found = align(crop, seen, pixel_map, camera, solution.T_camera_object, solution.covariance, viewpoints, thorough)
    pose = found.T_camera_object
    rms = reprojection_rms(pose, model.keypoints, pixel_map.to_frame(votes.keypoints_px), camera)
    return PnpSolution(pose, found.covariance, rms), found.clarity


def _distance(votes: Votes, model: ObjectModel, pixel_map: PixelMap, camera: Camera) -> Distance:
    """Return the distance of the object's centre at which it appears as large as its cells say.

    A lens enlarges each part of the picture by another factor; that where the centre is seen counts.
    """
    ideal = camera.undistort_pixels(pixel_map.to_frame(votes.keypoints_px[:1]))[0]
    x, y = (ideal - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    _, by_point = camera.project_with_jacobian(np.array([[x, y, 1.0]]))
    (a, b), (c, d) = by_point[0, :, :2].tolist()
    focal_px = math.sqrt(abs(a * d - b * c))
    return Distance(focal_px * model.diameter / (votes.size_px * pixel_map.scale), votes.size_sigma)


def certainty(solution: PnpSolution, half_certain: float) -> float:
    """Return how well the rotation is known, 0 to 1; a half at a standard deviation an axis of `half_certain`, rad."""
    variance = float(solution.covariance[3:, 3:].trace()) / 3
    return 1 / (1 + variance / half_certain**2)


def _covered_cells(votes: Votes) -> IntArray:
    """Return the places of the surest cells among those that the object covers."""
    covered = np.flatnonzero(votes.cell_confidences >= _COVERED)
    return covered[np.argsort(votes.surface_sigmas[covered], kind="stable")[:_MOST_CELLS]]


def _surface(
    votes: Votes,
    chosen: IntArray,
    model: ObjectModel,
    stride: int,
    pixel_map: PixelMap,
    camera: Camera,
    pose: FloatArray,
) -> SurfacePoints:
    """Return what the `chosen` cells see; those that `pose` contradicts count less.

    Where in its cell a point lies is unknown too, which counts as an error of the point at its distance.
    """
    size, center = np.array(model.box_size), np.array(model.box_center)
    points = votes.surface[chosen] * size + center
    ideal = camera.undistort_pixels(pixel_map.to_frame(cell_centers(votes.cells[chosen], stride)))
    rays = (ideal - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    seen = transform_points(pose, points)
    cell = stride * pixel_map.scale / math.sqrt(camera.fx * camera.fy)  # side, z = 1
    variances = (votes.surface_sigmas[chosen] * size.mean()) ** 2 + (cell * seen[:, 2]) ** 2 / 12
    apart = np.sum((seen[:, :2] - rays * seen[:, 2:]) ** 2, axis=1)
    return SurfacePoints(points, rays, np.sqrt(variances + apart / _CAUCHY**2))
