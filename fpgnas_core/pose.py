"""The pose of one instance from all that its cells say: keypoint votes, then surface coordinates beside them.

A vote knows where a keypoint is, seen or not, but errs as one with its neighbours; a coordinate says which point of the
surface a cell sees, and errs more by itself. Fitted together they give a better pose than either: above all its depth.
"""

from dataclasses import replace

import numpy as np

from fpgnas_core.arrays import FloatArray, IntArray
from fpgnas_core.camera import Camera
from fpgnas_core.decode import Votes, cell_centers
from fpgnas_core.imaging import PixelMap
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pnp import PnpSolution, solve_pnp
from fpgnas_core.se3 import transform_points

_COVERED = 0.8  # confidence; what a cell at the outline sees lies to one side of its centre
_FEWEST_CELLS = 6
_MOST_CELLS = 96  # the surest
_CAUCHY = 2.0  # a coordinate this many standard deviations off counts half


def coarse_pose(votes: Votes, model: ObjectModel, pixel_map: PixelMap, camera: Camera) -> PnpSolution | None:
    """Return the pose that explains the fused keypoint votes best, None if none does.

    `pixel_map` maps the network's input to the frame of `camera`.
    """
    pixels = pixel_map.to_frame(votes.keypoints_px)
    return solve_pnp(model.keypoints, pixels, pixel_map.covariances_to_frame(votes.covariances), camera)


def fine_pose(votes: Votes, model: ObjectModel, stride: int, pixel_map: PixelMap, camera: Camera) -> PnpSolution | None:
    """Return the pose that explains keypoint votes and surface coordinates best, None if none does.

    `stride`: input pixels per cell. The solution's reprojection error is that of the keypoints.
    """
    coarse = coarse_pose(votes, model, pixel_map, camera)
    if coarse is None:
        return None
    chosen = _covered_cells(votes)
    if len(chosen) < _FEWEST_CELLS:
        return coarse
    points, pixels, covariances = _surface(votes, chosen, model, stride, pixel_map, camera, coarse.T_camera_object)
    keypoints_px = pixel_map.to_frame(votes.keypoints_px)
    fine = solve_pnp(
        np.concatenate([model.keypoints, points]),
        np.concatenate([keypoints_px, pixels]),
        np.concatenate([pixel_map.covariances_to_frame(votes.covariances), covariances]),
        camera,
        start=coarse.T_camera_object,
    )
    if fine is None:
        return None
    apart = camera.project(transform_points(fine.T_camera_object, model.keypoints)) - keypoints_px
    return replace(fine, reprojection_rms_px=float(np.sqrt(np.mean(np.sum(apart**2, axis=1)))))


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
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the `chosen` cells' (n, 3) points, metres, (n, 2) frame pixels and (n, 2, 2) covariances, px^2.

    A coordinate's deviation counts as seen from `pose`; where in its cell the point lies is unknown too.
    """
    size, center = np.array(model.box_size), np.array(model.box_center)
    points = votes.surface[chosen] * size + center
    pixels = pixel_map.to_frame(cell_centers(votes.cells[chosen], stride))
    seen = transform_points(pose, points)
    in_cell = pixel_map.covariances_to_frame(stride**2 / 12 * np.eye(2))
    sigmas = votes.surface_sigmas[chosen] * size.mean() * np.sqrt(camera.fx * camera.fy) / seen[:, 2]
    variances = sigmas**2 + np.trace(in_cell) / 2
    apart = camera.project(seen) - pixels
    doubts = 1 + np.sum(apart**2, axis=1) / (_CAUCHY**2 * variances)
    return points, pixels, (variances * doubts)[:, None, None] * np.eye(2)
