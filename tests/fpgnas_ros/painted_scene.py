"""A bundle whose network reads poses from colours, and the images that are painted for it.

Blue says where the object is, red and green how far its centre is. The network is one convolution, so what
comes out is known by hand: the box stands at T_CAMERA_OBJECT, or there is none.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.bundle import Bundle, write_bundle
from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform, transform_points
from tests.fpgnas_core.models import STRIDE, box_object, convolution_model, description

CAMERA = Camera(500.0, 500.0, 319.5, 239.5, 640, 480)
SCALE = 0.5  # both passes see the frame at half its size: that sets the distance below
EXTENT_PX = 0.7 * 128 / SCALE
T_CAMERA_OBJECT = make_transform(np.eye(3), [0.0, 0.0, 0.03 + 500.0 * 0.10 / EXTENT_PX])
RADIUS_PX = 60
PIXELS_A_UNIT = 256.0  # of red and green, 0 to 1


def paint(visible: bool = True) -> NDArray[np.uint8]:
    """(480, 640, 3) BGR frame."""
    rows, columns = np.mgrid[: CAMERA.height, : CAMERA.width]
    to_centre_x, to_centre_y = CAMERA.cx - columns, CAMERA.cy - rows
    inside = (np.hypot(to_centre_x, to_centre_y) < RADIUS_PX) & visible
    red, green = (np.where(inside, 0.5 + d / PIXELS_A_UNIT, 0.5) for d in (to_centre_x, to_centre_y))
    return np.round(255 * np.stack([inside, green, red], axis=2)).astype(np.uint8)


def write_painted_bundle(folder: Path, name: str = "part") -> Bundle:
    """The bundle that sees the painted object, a box of 10 x 8 x 6 cm."""
    model = box_object(name, upright_axis=(0.0, -1.0, 0.0))  # it is: crops are not turned
    n_keypoints = len(model.keypoints)
    pixels = CAMERA.project(transform_points(T_CAMERA_OBJECT, model.keypoints))
    from_centre = (pixels - [CAMERA.cx, CAMERA.cy]) * SCALE / STRIDE  # in cells
    gain = PIXELS_A_UNIT * SCALE / STRIDE
    weights = np.zeros((1 + 3 * n_keypoints + 6, 3, STRIDE, STRIDE))
    biases = np.zeros(len(weights))
    weights[0, 2], biases[0] = 100 / STRIDE**2, -97  # nearly all of the cell is blue
    for axis in (0, 1):
        channels = slice(1 + axis, 1 + 2 * n_keypoints, 2)
        weights[channels, axis] = gain / STRIDE**2
        biases[channels] = from_centre[:, axis] - 0.5 * gain
    biases[1 + 2 * n_keypoints :] = np.log(0.5 / STRIDE)
    biases[[-3, -1]] = 5.0  # it knows nothing of the surface and of sizes
    bundle = replace(description(folder, model), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return write_bundle(bundle, convolution_model(weights, biases, 1, n_keypoints))
