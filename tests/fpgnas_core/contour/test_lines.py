from dataclasses import replace

import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.contour.lines import HALF_LENGTH, edge_offsets, lines_across
from fpgnas_core.imaging import PixelMap
from fpgnas_core.se3 import exp_rotation, make_transform
from tests.fpgnas_core.contour.boxes import box_viewpoints, placed, without_inner_edges

CAMERA = Camera(600.0, 590.0, 320.0, 240.0, 640, 480, (0.1, -0.05, 0.001, 0.002))
CROP = PixelMap(np.array([[1.1, 0.3, 270.0], [-0.3, 1.1, 180.0]]))
POSE = placed(exp_rotation([0.4, -0.7, 0.2]))
OUTLINES = without_inner_edges(box_viewpoints())
NO_EDGES = np.zeros((1, 2 * HALF_LENGTH + 1))


def step_at(edge: float) -> np.ndarray:
    """Return the log odds along a line on which the object ends at `edge`."""
    return np.where(np.arange(-HALF_LENGTH, HALF_LENGTH + 1) < edge, 3.0, -3.0)[None]


@pytest.mark.parametrize("edge", [-2.5, 0.5, 3.5])
def test_outline_is_found_where_the_colours_change(edge: float) -> None:
    offsets, information = edge_offsets(step_at(edge), NO_EDGES, 8)
    assert offsets[0] == pytest.approx(edge, abs=0.2)
    # Odds of 3, of which two pixels share one: exp(-1.5 k) at 0.5 + k px to either side, a variance of 0.99 px^2.
    assert information[0] == pytest.approx(1 / (0.99 + 0.25), abs=0.06)


def test_colours_that_do_not_change_say_nothing() -> None:
    offsets, information = edge_offsets(NO_EDGES, NO_EDGES, 6)
    assert offsets[0] == pytest.approx(0)
    assert information[0] == pytest.approx(0, abs=1e-6)


def test_an_edge_alone_is_the_outline() -> None:
    edges = NO_EDGES.copy()
    edges[0, HALF_LENGTH + 3] = np.log1p(5.0**2)
    offsets, information = edge_offsets(NO_EDGES, edges, 6)
    # By hand: 3 px out the likelihood is exp(2 log 26 - (3 / 4.2)^2 / 2), at the 12 others exp(-(d / 4.2)^2 / 2).
    assert offsets[0] == pytest.approx(3, abs=0.1)
    assert information[0] > 1


def test_of_two_places_where_colours_change_the_one_at_an_edge_is_the_outline() -> None:
    odds = step_at(0.5)
    odds[0, HALF_LENGTH - 2 : HALF_LENGTH + 1] = 0.0  # as likely the object's as not: it may end at -2.5, too
    edges = NO_EDGES.copy()
    edges[0, HALF_LENGTH - 2] = np.log1p(4.0**2)
    with_edge, _ = edge_offsets(odds, edges, 6)
    without, _ = edge_offsets(odds, NO_EDGES, 6)
    assert with_edge[0] == pytest.approx(-2, abs=0.3)
    assert without[0] > -1.5


def test_outline_out_of_reach_is_no_farther_than_the_largest_offset() -> None:
    offsets, _ = edge_offsets(step_at(9.5), NO_EDGES, 4)
    assert 2 < offsets[0] <= 4


def test_lines_move_with_the_pose_as_their_derivatives_say() -> None:
    lines = lines_across(POSE, OUTLINES, CROP, CAMERA, 128)
    step = 1e-5 * np.array([1.0, -2.0, 3.0, 2.0, 1.0, -1.0])
    moved = make_transform(exp_rotation(step[3:]) @ POSE[:3, :3], POSE[:3, 3] + step[:3])
    after = lines_across(moved, OUTLINES, CROP, CAMERA, 128)
    assert lines is not None
    assert after is not None
    along = np.sum((after.pixels - lines.pixels) * lines.directions, axis=1)
    np.testing.assert_allclose(lines.by_pose @ step, along, rtol=1e-2, atol=2e-6)


def test_lines_point_away_from_the_object() -> None:
    lines = lines_across(POSE, OUTLINES, CROP, CAMERA, 128)
    assert lines is not None
    center = lines.pixels.mean(axis=0)
    assert (np.sum((lines.pixels - center) * lines.directions, axis=1) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(lines.directions, axis=1), 1)


def test_outline_beyond_the_frame_is_not_usable() -> None:
    pose = POSE.copy()
    pose[0, 3] = -0.26  # its left side is cut off by the frame's border
    crop = PixelMap(np.array([[1.5, 0.0, -60.0], [0.0, 1.5, 130.0]]))
    lines = lines_across(pose, OUTLINES, crop, CAMERA, 128)
    assert lines is not None
    in_frame = crop.to_frame(lines.pixels)
    np.testing.assert_array_equal(lines.usable, in_frame[:, 0] > 2)
    assert 0 < lines.usable.sum() < len(lines.usable)


def test_point_without_a_normal_is_no_edge() -> None:
    kept = np.arange(len(OUTLINES.inner)) % 2 == 1
    holes = replace(OUTLINES, normals=OUTLINES.normals * kept[:, None])
    lines, without = (lines_across(POSE, model, CROP, CAMERA, 128) for model in (OUTLINES, holes))
    assert lines is not None
    assert without is not None
    np.testing.assert_array_equal(without.usable, lines.usable & kept)
    assert (without.by_pose[~kept] == 0).all()


def test_samples_run_from_inside_to_outside_and_end_at_the_crop() -> None:
    lines = lines_across(POSE, OUTLINES, CROP, CAMERA, 128)
    assert lines is not None
    places, inside = lines.samples(128)
    rows, columns = np.divmod(places, 128)
    expected = np.rint(lines.pixels + 5 * lines.directions)
    within = inside[:, HALF_LENGTH + 5] > 0
    got = np.stack([columns, rows], axis=2)[:, HALF_LENGTH + 5]
    np.testing.assert_array_equal(got[within], expected[within])
    np.testing.assert_array_equal(within, ((expected >= 0) & (expected < 128)).all(axis=1))


def test_object_behind_the_camera_has_no_lines() -> None:
    assert lines_across(placed(np.eye(3), -0.5), OUTLINES, CROP, CAMERA, 128) is None
