"""Poses from votes and surface coordinates that a camera would give for known poses."""

import math
from dataclasses import replace

import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.decode import Votes
from fpgnas_core.imaging import PixelMap
from fpgnas_core.metrics import add, rotation_error_deg
from fpgnas_core.pnp import PnpSolution
from fpgnas_core.pose import certainty, coarse_pose, fine_pose, outlined_pose
from fpgnas_core.se3 import exp_rotation, make_transform
from tests.fpgnas_core.contour.boxes import box_picture, box_viewpoints
from tests.fpgnas_core.grids import projections
from tests.fpgnas_core.models import box_object

MODEL = box_object()
CAMERA = Camera(500.0, 510.0, 63.5, 61.5, 128, 128)
POSE = make_transform(exp_rotation([0.6, -0.8, 0.3]), [0.01, -0.005, 0.5])
STRIDE, IDENTITY = 8, PixelMap(np.eye(2, 3))


def votes_for(vote_error_px: float, sigma: float = 0.01, surface_error: float = 0.0, size_sigma: float = 1e3) -> Votes:
    """What perfect cells would see of a box, votes pushed outwards by `vote_error_px`, as an error of depth does."""
    cells, surface = [], []
    for row in range(3, 13):
        for column in range(3, 13):
            point = first_surface_point(np.array([column * 8 + 3.5, row * 8 + 3.5]))
            if point is not None:
                cells.append((row, column))
                surface.append(point / np.array(MODEL.box_size) + surface_error)
    pixels = projections(MODEL, POSE, CAMERA)
    outwards = pixels - pixels[0]
    outwards = outwards / np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-9)
    covariances = np.tile(4.0 * np.eye(2), (len(pixels), 1, 1))
    return Votes(
        0,
        0.9,
        pixels + vote_error_px * outwards,
        covariances,
        np.array(cells),
        np.full(len(cells), 0.9),
        np.array(surface),
        np.full(len(cells), sigma),
        math.sqrt(500.0 * 510.0) * MODEL.diameter / POSE[2, 3],
        size_sigma,
    )


def first_surface_point(pixel: np.ndarray) -> np.ndarray | None:
    """Where the ray of `pixel` enters the box, object frame; the slab method (Kay and Kajiya 1986)."""
    ray = POSE[:3, :3].T @ np.array([(pixel[0] - CAMERA.cx) / CAMERA.fx, (pixel[1] - CAMERA.cy) / CAMERA.fy, 1.0])
    origin = -POSE[:3, :3].T @ POSE[:3, 3]
    half = np.array(MODEL.box_size) / 2
    low, high = np.sort([(-half - origin) / ray, (half - origin) / ray], axis=0)
    enters, leaves = low.max(), high.min()
    return origin + enters * ray if enters < leaves else None


def test_perfect_votes_and_surface_give_the_pose() -> None:
    found = fine_pose(votes_for(0.0), MODEL, STRIDE, IDENTITY, CAMERA)
    assert found is not None
    assert add(found.T_camera_object, POSE, MODEL.keypoints) < 1e-5
    assert found.reprojection_rms_px < 0.01


def test_surface_corrects_the_depth_of_votes_that_err_as_one() -> None:
    votes = votes_for(2.0)
    coarse, fine = coarse_pose(votes, MODEL, IDENTITY, CAMERA), fine_pose(votes, MODEL, STRIDE, IDENTITY, CAMERA)
    assert coarse is not None
    assert fine is not None
    wrong, right = (abs(p.T_camera_object[2, 3] - POSE[2, 3]) for p in (coarse, fine))
    assert wrong > 0.01
    assert right < wrong / 2


def test_surface_that_is_unsure_changes_nothing() -> None:
    votes = votes_for(2.0, sigma=1e3, surface_error=0.2)
    coarse, fine = coarse_pose(votes, MODEL, IDENTITY, CAMERA), fine_pose(votes, MODEL, STRIDE, IDENTITY, CAMERA)
    assert coarse is not None
    assert fine is not None
    assert add(fine.T_camera_object, coarse.T_camera_object, MODEL.keypoints) < 1e-6


def test_apparent_size_corrects_the_depth_of_votes_that_err_as_one() -> None:
    unsized, sized = (coarse_pose(votes_for(2.0, size_sigma=sigma), MODEL, IDENTITY, CAMERA) for sigma in (1e3, 0.002))
    assert unsized is not None
    assert sized is not None
    wrong, right = (abs(p.T_camera_object[2, 3] - POSE[2, 3]) for p in (unsized, sized))
    assert wrong > 0.01
    assert right < 0.002
    assert sized.covariance[2, 2] < unsized.covariance[2, 2]


def test_lens_enlarges_an_object_near_the_border_by_its_own_factor() -> None:
    """Barrel distortion makes it smaller there, and the network sees it so."""
    lens = Camera(500.0, 510.0, 63.5, 61.5, 128, 128, (-0.4, 0.1, 0.0, 0.0))
    pose = make_transform(POSE[:3, :3], [0.04, 0.03, 0.5])
    pixels, ahead = projections(MODEL, pose, lens), np.array([0.04, 0.03, 0.5])
    steps = 1e-4 * np.array([[0.5, 0, 0], [-0.5, 0, 0], [0, 0.5, 0], [0, -0.5, 0]])
    right, left, below, above = lens.project(ahead + steps)
    enlarged = math.sqrt(np.cross(right - left, below - above) / 1e-8)  # pixels a metre, there
    seen = replace(votes_for(0.0), keypoints_px=pixels, size_px=enlarged * MODEL.diameter, size_sigma=0.001)
    found = coarse_pose(seen, MODEL, IDENTITY, lens)
    assert found is not None
    np.testing.assert_allclose(found.T_camera_object[2, 3], 0.5, rtol=1e-4)


def test_cells_at_the_outline_do_not_count() -> None:
    votes = votes_for(0.0, surface_error=0.1)
    votes.cell_confidences[:] = 0.7
    found = fine_pose(votes, MODEL, STRIDE, IDENTITY, CAMERA)
    assert found is not None
    assert add(found.T_camera_object, POSE, MODEL.keypoints) < 1e-5


def test_outlying_cells_count_little() -> None:
    votes = votes_for(0.0)
    votes.surface[::7] += 0.4
    found = fine_pose(votes, MODEL, STRIDE, IDENTITY, CAMERA)
    assert found is not None
    assert add(found.T_camera_object, POSE, MODEL.keypoints) < 0.002


@pytest.mark.parametrize("roll", [0.0, 1.1])
def test_crop_of_another_size_gives_the_same_pose(roll: float) -> None:
    """The frame is three times as fine as the input, and turned."""
    turn = 3.0 * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    pixel_map = PixelMap(np.column_stack([turn, [5.0, 7.0]]))
    square = Camera(500.0, 500.0, 63.5, 61.5, 128, 128)
    cx, cy = pixel_map.to_frame(np.array([square.cx, square.cy]))
    camera = Camera(1500.0, 1500.0, float(cx), float(cy), 400, 400)
    inside = fine_pose(votes_for(0.0), MODEL, STRIDE, IDENTITY, square)
    outside = fine_pose(votes_for(0.0), MODEL, STRIDE, pixel_map, camera)
    assert inside is not None
    assert outside is not None
    rolled = exp_rotation([0.0, 0.0, roll]) @ inside.T_camera_object[:3, :3]
    assert rotation_error_deg(outside.T_camera_object[:3, :3], rolled) < 0.05
    assert outside.T_camera_object[2, 3] == pytest.approx(inside.T_camera_object[2, 3], rel=1e-3)


def test_certainty_is_a_half_where_the_rotation_is_known_to_the_given_angle() -> None:
    def known_to(*sigmas: float) -> PnpSolution:
        return PnpSolution(POSE, np.diag(np.square([9.0, 9.0, 9.0, *sigmas])), 0.0)

    assert certainty(known_to(0.5, 0.5, 0.5), 0.5) == pytest.approx(0.5)
    assert certainty(known_to(0.1, 0.1, 0.1), 0.5) == pytest.approx(1 / 1.04)
    # Root mean square of the axes: (9 + 1 + 2.25) / 3 variances of 0.5.
    assert certainty(known_to(1.5, 0.5, 0.75), 0.5) == pytest.approx(1 / (1 + (9 + 1 + 2.25) / 3))


def test_pose_off_in_depth_moves_to_the_outline() -> None:
    """Votes 2 px too far out put the box some 4 % too near; its keypoints are projected with less error afterwards."""
    votes = votes_for(2.0)
    solution = coarse_pose(votes, MODEL, IDENTITY, CAMERA)
    assert solution is not None
    crop = box_picture(POSE, CAMERA, np.random.default_rng(7))
    moved, contrast = outlined_pose(solution, votes, MODEL, box_viewpoints(), STRIDE, crop, IDENTITY, CAMERA)
    before, after = (abs(pose.T_camera_object[2, 3] / POSE[2, 3] - 1) for pose in (solution, moved))
    assert before > 0.02
    assert after < before / 2.5
    assert contrast > 0.8
    expected = np.sqrt(
        np.mean(np.sum((projections(MODEL, moved.T_camera_object, CAMERA) - votes.keypoints_px) ** 2, 1))
    )
    assert moved.reprojection_rms_px == pytest.approx(expected)
