"""The outline of a model is where its surface is."""

import numpy as np

from fpgnas_core.se3 import make_transform
from fpgnas_ros.bag_evaluation.drawing import TRUE_COLOUR, draw_model
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from tests.fpgnas_core.models import box_object
from tests.fpgnas_ros.painted_scene import CAMERA

SQUARE = np.array([[-0.1, -0.1, 0.0], [0.1, -0.1, 0.0], [0.1, 0.1, 0.0], [-0.1, 0.1, 0.0]])
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]])
POSE = make_transform(np.eye(3), [0, 0, 1])  # 100 pixels across, from (269.5, 189.5) to (369.5, 289.5)


def drawn(points: np.ndarray, triangles: np.ndarray, pose: np.ndarray = POSE) -> np.ndarray:
    image = np.zeros((480, 640, 3), np.uint8)
    draw_model(image, pose, EvaluatedObject(box_object(), points, triangles), CAMERA, TRUE_COLOUR)
    return image[..., 1] > 100


def test_outline_follows_the_edge_and_not_the_triangles() -> None:
    rows, columns = np.nonzero(drawn(SQUARE, TRIANGLES))
    assert abs(columns.min() - 269.5) <= 3
    assert abs(columns.max() - 369.5) <= 3
    assert abs(rows.min() - 189.5) <= 3
    assert abs(rows.max() - 289.5) <= 3
    assert not drawn(SQUARE, TRIANGLES)[230:250, 310:330].any()  # the shared edge crosses the middle


def test_without_triangles_the_box_is_drawn() -> None:
    assert drawn(SQUARE, np.zeros((0, 3), np.int64)).any()


def test_behind_the_camera_nothing_breaks() -> None:
    drawn(SQUARE, TRIANGLES, make_transform(np.eye(3), [0, 0, -1]))
