import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.overlay import AXIS_COLORS, BOX_COLOR, KEYPOINT_COLOR, draw_keypoints, draw_pose
from fpgnas_core.se3 import exp_rotation, make_transform
from tests.fpgnas_core.models import box_object

CAMERA = Camera(600.0, 600.0, 319.5, 239.5, 640, 480)
LENS = Camera(600.0, 600.0, 319.5, 239.5, 640, 480, (-0.4, 0.1, 0.0, 0.0))


def drawn(pose: np.ndarray, camera: Camera = CAMERA, label: str = "") -> np.ndarray:
    image = np.zeros((480, 640, 3), np.uint8)
    draw_pose(image, pose, box_object(), camera, label)
    return image


def test_box_corners_are_where_the_projection_says() -> None:
    # The front face of the 10 x 8 cm box is at 0.5 - 0.03 m.
    image = drawn(make_transform(np.eye(3), [0.0, 0.0, 0.5]))
    for sx in (-1, 1):
        for sy in (-1, 1):
            x, y = 319.5 + sx * 600 * 0.05 / 0.47, 239.5 + sy * 600 * 0.04 / 0.47
            around = image[round(y) - 1 : round(y) + 2, round(x) - 1 : round(x) + 2]
            np.testing.assert_allclose(around.reshape(-1, 3).max(axis=0), BOX_COLOR, atol=40)
    assert not image[:150].any()


def test_axes_have_their_colours() -> None:
    # A half turn about x: y points up and z towards the camera.
    image = drawn(make_transform(exp_rotation([np.pi, 0.0, 0.0]), [0.0, 0.0, 0.5]))
    length = 600 * box_object().diameter / 3 / 0.5
    along = [(319.5 + length / 2, 239.5), (319.5, 239.5 - length / 2)]
    for (x, y), color in zip(along, AXIS_COLORS[:2], strict=True):
        assert image[round(y), round(x)].tolist() == list(color)


def test_lens_bends_the_edges() -> None:
    pose = make_transform(np.eye(3), [0.0, 0.1, 0.3])
    assert (drawn(pose) != drawn(pose, LENS)).any()


def test_label_is_written_inside_the_image() -> None:
    high = make_transform(np.eye(3), [0.0, -0.2, 0.5])
    assert drawn(high, label="part 0.97")[:20].any()
    assert not drawn(make_transform(np.eye(3), [0.0, 0.1, 0.5]), label="part")[:20].any()


@pytest.mark.parametrize("depth", [-0.5, 0.0, 0.02])
def test_pose_at_or_behind_the_camera_is_cut_off(depth: float) -> None:
    image = drawn(make_transform(np.eye(3), [0.0, 0.0, depth]), label="part")
    assert image.any() == (depth >= 0)


def test_keypoints_are_ringed_where_they_are_and_the_first_is_filled() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    draw_keypoints(image, [[100.0, 50.0], [300.0, 200.0], [1e9, -1e9]])
    assert image[50, 100].tolist() == list(KEYPOINT_COLOR)
    assert not image[200, 300].any()
    rows, columns = np.nonzero(image.any(axis=2))
    inside = np.minimum(np.hypot(columns - 100, rows - 50), np.hypot(columns - 300, rows - 200))
    assert inside.max() < 5
