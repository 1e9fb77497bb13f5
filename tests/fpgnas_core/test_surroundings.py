"""The square round an object, and where its pixels go."""

import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.surroundings import surroundings

CAMERA = Camera(500.0, 500.0, 319.5, 239.5, 640, 480)


def test_a_point_keeps_its_place_in_the_picture() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[200:204, 300:304] = 255
    box = np.array([[260.0, 160.0], [340.0, 240.0]])
    picture, camera = surroundings(image, CAMERA, box, 272, margin=1.7)  # 136 pixels, twice as large
    rows, columns = np.nonzero(picture[..., 0] > 127)
    point = np.array([[(301.5 - CAMERA.cx) / 500, (201.5 - CAMERA.cy) / 500, 1.0]])
    assert camera.project(point)[0] == pytest.approx([columns.mean(), rows.mean()], abs=0.1)
    assert (camera.width, camera.fx) == (272, 1000.0)


def test_outside_of_the_image_is_grey() -> None:
    picture, _ = surroundings(np.zeros((480, 640, 3), np.uint8), CAMERA, np.array([[0.0, 0.0], [100.0, 100.0]]), 100)
    assert picture[0, 0].tolist() == [114, 114, 114]
    assert picture[-1, -1].tolist() == [0, 0, 0]


def test_small_objects_keep_some_surroundings() -> None:
    _, camera = surroundings(np.zeros((480, 640, 3), np.uint8), CAMERA, np.full((2, 2), 200.0), 128)
    assert camera.fx == 2 * CAMERA.fx  # 64 pixels
