import itertools

import cv2
import numpy as np
import pytest

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.contour import align
from fpgnas_core.imaging import CropBox, PixelMap, crop
from fpgnas_core.se3 import exp_rotation, make_transform, rotation_angle, transform_points
from tests.fpgnas_core.contour.boxes import CORNERS, box_picture, box_viewpoints, placed, without_inner_edges

LENS = Camera(600.0, 600.0, 320.0, 240.0, 640, 480, (-0.2, 0.05, 0.0, 0.0))
TURN, SHARE = np.radians(4), 0.03
COVARIANCE = np.diag([0.005, 0.005, 0.02, 0.1, 0.1, 0.1]) ** 2
BOXES = box_viewpoints()
OUTLINES = without_inner_edges(BOXES)
POSES = [placed(exp_rotation(turn)) for turn in ([0.5, -0.7, 0.3], [2.0, 0.4, -0.6], [-0.9, 0.5, 1.4])]


def seen_in_crop(image: ByteArray, pose: FloatArray, roll: float = 0.4) -> tuple[ByteArray, PixelMap, FloatArray]:
    """Return the crop round a box, its map to the frame, and where in it the box is."""
    pixels = LENS.project(transform_points(pose, CORNERS))
    part, pixel_map = crop(image, CropBox.around(pixels, 0.7, 640, roll), 128, (0, 0, 0))
    to_crop = np.linalg.inv(pixel_map.matrix[:, :2])
    hull = cv2.convexHull(np.rint((pixels - pixel_map.matrix[:, 2]) @ to_crop.T).astype(np.int32))
    seen = np.zeros((128, 128))
    cv2.fillConvexPoly(seen, hull, 1.0)
    return part, pixel_map, np.asarray(cv2.blur(seen, (9, 9)), np.float64)


def off(pose: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the pose turned by TURN about a random axis, and farther away by SHARE."""
    axis = rng.normal(size=3)
    turn = exp_rotation(TURN * axis / np.linalg.norm(axis))
    return make_transform(turn @ pose[:3, :3], (1 + SHARE) * pose[:3, 3])


def errors(pose: FloatArray, truth: FloatArray) -> tuple[float, float]:
    """Return the angle between two poses, radians, and the share by which the distance is off."""
    return rotation_angle(pose[:3, :3] @ truth[:3, :3].T), abs(float(pose[2, 3] / truth[2, 3]) - 1)


@pytest.mark.parametrize("truth", POSES)
def test_pose_moves_to_the_outline(truth: FloatArray) -> None:
    rng = np.random.default_rng(1)
    part, pixel_map, seen = seen_in_crop(box_picture(truth, LENS, rng), truth)
    found = align(part, seen, pixel_map, LENS, off(truth, rng), COVARIANCE, OUTLINES)
    turn, share = errors(found.T_camera_object, truth)
    assert turn < TURN / 3
    assert share < SHARE / 4
    assert (np.diag(found.covariance) < np.diag(COVARIANCE) / 4).all()
    assert found.contrast > 0.9


def test_what_stands_before_the_object_does_not_pull_the_outline_in() -> None:
    truth, rng = POSES[0], np.random.default_rng(2)
    part, pixel_map, seen = seen_in_crop(box_picture(truth, LENS, rng), truth)
    part[:, :50], seen[:, :50] = (200, 60, 50), 0.0
    found = align(part, seen, pixel_map, LENS, off(truth, rng), COVARIANCE, OUTLINES)
    assert errors(found.T_camera_object, truth)[1] < SHARE / 3


def test_what_the_outline_leaves_open_stays_with_the_network() -> None:
    """The colours are the same everywhere: pose and covariance come back."""
    pose, grey = POSES[1], np.full((480, 640, 3), 128, np.uint8)
    part, pixel_map, seen = seen_in_crop(grey, pose)
    part[:] = 128
    found = align(part, seen, pixel_map, LENS, pose, COVARIANCE, BOXES)
    np.testing.assert_allclose(found.T_camera_object, pose, atol=1e-6)
    np.testing.assert_allclose(found.covariance, COVARIANCE, rtol=1e-3, atol=1e-9)
    assert found.contrast == pytest.approx(0, abs=1e-6)


def test_contrast_tells_a_pose_beside_the_object_from_one_on_it() -> None:
    truth, rng = POSES[0], np.random.default_rng(4)
    part, pixel_map, _ = seen_in_crop(box_picture(truth, LENS, rng), truth)
    beside = make_transform(truth[:3, :3], truth[:3, 3] + [0.03, 0.02, 0.0])
    wrong = align(part, np.ones((128, 128)), pixel_map, LENS, beside, COVARIANCE * 1e-6, OUTLINES)
    right = align(part, np.ones((128, 128)), pixel_map, LENS, truth, COVARIANCE * 1e-6, OUTLINES)
    assert wrong.contrast < 0.6
    assert right.contrast > 0.9


def test_fit_tells_a_turned_pose_from_the_right_one() -> None:
    """By 12 degrees about the line of sight: most of the box is where it should be."""
    truth, rng = POSES[0], np.random.default_rng(4)
    part, pixel_map, seen = seen_in_crop(box_picture(truth, LENS, rng, shade=0.3), truth)
    turned = make_transform(exp_rotation([0.0, 0.0, np.radians(12)]) @ truth[:3, :3], truth[:3, 3])
    wrong, right = (align(part, seen, pixel_map, LENS, pose, COVARIANCE * 1e-6, BOXES).fit for pose in (turned, truth))
    assert wrong < 0.3
    assert right > 0.9


def test_of_a_faint_outline_poses_are_less_sure() -> None:
    """Half of the background has the object's colours."""
    truth, rng = POSES[0], np.random.default_rng(6)
    clear, pixel_map, seen = seen_in_crop(box_picture(truth, LENS, rng), truth)
    faint = clear.copy()
    faint[:64][seen[:64] == 0] = clear[60, 60]
    found = [align(part, seen, pixel_map, LENS, truth, COVARIANCE, OUTLINES) for part in (clear, faint)]
    assert found[1].contrast < 0.9 * found[0].contrast
    assert np.trace(found[1].covariance) > 1.5 * np.trace(found[0].covariance)


def test_a_sure_network_is_not_moved() -> None:
    truth, rng = POSES[0], np.random.default_rng(3)
    part, pixel_map, seen = seen_in_crop(box_picture(truth, LENS, rng), truth)
    start = off(truth, rng)
    found = align(part, seen, pixel_map, LENS, start, COVARIANCE * 1e-8, BOXES)
    assert errors(found.T_camera_object, start)[0] < 1e-3


@pytest.mark.parametrize("distance", [-0.5, 0.03])
def test_pose_that_cannot_be_seen_comes_back_as_it_is(distance: float) -> None:
    pose = placed(np.eye(3), distance)
    part, seen = np.zeros((128, 128, 3), np.uint8), np.ones((128, 128))
    found = align(part, seen, PixelMap(np.eye(2, 3)), LENS, pose, COVARIANCE, BOXES)
    assert found.T_camera_object is pose
    assert found.covariance is COVARIANCE
    assert (found.contrast, found.fit) == (1, 1)


def test_outline_is_found_by_its_edge_where_both_sides_have_the_same_colours() -> None:
    """The background brightens to the right, the object to the left."""
    truth, rng = POSES[0], np.random.default_rng(5)
    pixels = LENS.project(transform_points(truth, CORNERS))
    left, right = pixels[:, 0].min() - 30, pixels[:, 0].max() + 30
    ramp = np.interp(np.arange(640), [left, right], [60, 190])
    inside = np.zeros((480, 640, 1), np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.rint(pixels).astype(np.int32)), 1)
    grey = np.broadcast_to(np.where(inside, 250 - ramp[None, :, None], ramp[None, :, None]), (480, 640, 3))
    part, pixel_map, seen = seen_in_crop(np.asarray(grey + rng.normal(0, 2, grey.shape), np.uint8), truth)
    found = align(part, seen, pixel_map, LENS, off(truth, rng), COVARIANCE, OUTLINES)
    turn, share = errors(found.T_camera_object, truth)
    assert turn < TURN / 2
    assert share < SHARE / 3


def test_edges_inside_bring_poses_nearer_where_a_side_is_hidden() -> None:
    """Half of the outline is covered, and the sides of the box are shaded."""
    turns = np.zeros(2)
    for truth, seed in itertools.product(POSES, range(6)):
        rng = np.random.default_rng(seed)
        part, pixel_map, seen = seen_in_crop(box_picture(truth, LENS, rng, shade=0.3), truth)
        part[:, :56], seen[:, :56] = (200, 60, 50), 0.0
        seen, start = np.asarray(cv2.blur(seen, (9, 9)), np.float64), off(truth, rng)
        poses = [align(part, seen, pixel_map, LENS, start, COVARIANCE, model) for model in (OUTLINES, BOXES)]
        turns += [errors(pose.T_camera_object, truth)[0] for pose in poses]
    assert turns[1] < 0.7 * turns[0]


def test_thorough_look_finds_a_pose_that_is_far_off_from_a_start_beside_it() -> None:
    truth, rng = POSES[0], np.random.default_rng(1)
    part, pixel_map, seen = seen_in_crop(box_picture(truth, LENS, rng, shade=0.3), truth)
    axis = rng.normal(size=3)
    turn = exp_rotation(np.radians(20) * axis / np.linalg.norm(axis))
    start = make_transform(turn @ truth[:3, :3], 1.04 * truth[:3, 3])
    found = align(part, seen, pixel_map, LENS, start, COVARIANCE, BOXES, thorough=True)
    assert errors(found.T_camera_object, truth)[0] < np.radians(0.5)
    assert found.clarity > 0.9
    from_there_alone = align(part, seen, pixel_map, LENS, start, COVARIANCE, BOXES)
    assert errors(from_there_alone.T_camera_object, truth)[0] > np.radians(10)
    assert from_there_alone.clarity < 0.3


def test_edges_that_are_not_in_the_picture_do_little_harm() -> None:
    """The sides of the box have one colour."""
    truth, rng = POSES[0], np.random.default_rng(1)
    part, pixel_map, seen = seen_in_crop(box_picture(truth, LENS, rng), truth)
    found = align(part, seen, pixel_map, LENS, off(truth, rng), COVARIANCE, BOXES)
    turn, share = errors(found.T_camera_object, truth)
    assert turn < TURN / 2
    assert share < SHARE / 4
