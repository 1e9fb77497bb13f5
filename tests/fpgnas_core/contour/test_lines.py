from dataclasses import replace

import numpy as np

from fpgnas_core.camera import Camera
from fpgnas_core.contour import ViewpointModel
from fpgnas_core.contour.lines import Lines, lines_across
from fpgnas_core.imaging import PixelMap
from fpgnas_core.se3 import exp_rotation, make_transform
from tests.fpgnas_core.contour.boxes import box_viewpoints, placed, without_inner_edges

CAMERA = Camera(600.0, 590.0, 320.0, 240.0, 640, 480, (0.1, -0.05, 0.001, 0.002))
CROP = PixelMap(np.array([[1.1, 0.3, 270.0], [-0.3, 1.1, 180.0]]))
POSE = placed(exp_rotation([0.4, -0.7, 0.2]))
OUTLINES = without_inner_edges(box_viewpoints())


def lines_of(pose: np.ndarray, model: ViewpointModel = OUTLINES, crop: PixelMap = CROP) -> Lines | None:
    """Return the lines across all edges of a model at a pose, in a crop of 128 pixels."""
    return lines_across(pose, model.nearest(pose), crop, CAMERA, 128)


def test_lines_move_with_the_pose_as_their_derivatives_say() -> None:
    lines = lines_of(POSE)
    step = 1e-5 * np.array([1.0, -2.0, 3.0, 2.0, 1.0, -1.0])
    moved = make_transform(exp_rotation(step[3:]) @ POSE[:3, :3], POSE[:3, 3] + step[:3])
    after = lines_of(moved)
    assert lines is not None
    assert after is not None
    along = np.sum((after.pixels - lines.pixels) * lines.directions, axis=1)
    np.testing.assert_allclose(lines.by_pose @ step, along, rtol=1e-2, atol=2e-6)


def test_lines_point_away_from_the_object() -> None:
    lines = lines_of(POSE)
    assert lines is not None
    center = lines.pixels.mean(axis=0)
    assert (np.sum((lines.pixels - center) * lines.directions, axis=1) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(lines.directions, axis=1), 1)


def test_outline_beyond_the_frame_is_not_usable() -> None:
    pose = POSE.copy()
    pose[0, 3] = -0.26  # its left side is cut off by the frame's border
    crop = PixelMap(np.array([[1.5, 0.0, -60.0], [0.0, 1.5, 130.0]]))
    lines = lines_of(pose, crop=crop)
    assert lines is not None
    in_frame = crop.to_frame(lines.pixels)
    np.testing.assert_array_equal(lines.usable, in_frame[:, 0] > 2)
    assert 0 < lines.usable.sum() < len(lines.usable)


def test_point_without_a_normal_is_no_edge() -> None:
    kept = np.arange(len(OUTLINES.inner)) % 2 == 1
    holes = replace(OUTLINES, normals=OUTLINES.normals * kept[:, None])
    lines, without = (lines_of(POSE, model) for model in (OUTLINES, holes))
    assert lines is not None
    assert without is not None
    np.testing.assert_array_equal(without.usable, lines.usable & kept)
    assert (without.by_pose[~kept] == 0).all()


def test_object_behind_the_camera_has_no_lines() -> None:
    assert lines_of(placed(np.eye(3), -0.5)) is None
