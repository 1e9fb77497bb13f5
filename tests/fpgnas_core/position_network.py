"""A network of one convolution that reads from the colours where it is, and pictures made for it.

Around an instance's centre (cx, cy) a picture has red = 128 + x - cx and green = 128 + y - cy; blue is
255 on the instance and 0 elsewhere. So the cell average of red and green says how far a cell's centre is
from the instance's centre, and the network can vote exactly for keypoints at known distances from it. The
votes are in strides of inputs that show the frame at half its size: frames are 640 wide, and instances
span 0.7 * 256 frame pixels. It knows nothing of turned crops, so instances are seen UPRIGHT.
"""

import numpy as np
from scipy.optimize import brentq

from fpgnas_core.arrays import ByteArray, FloatArray
from fpgnas_core.bundle import Bundle
from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import exp_rotation, make_transform
from tests.fpgnas_core.grids import projections
from tests.fpgnas_core.models import STRIDE, convolution_model

UPRIGHT = exp_rotation([np.pi / 2, 0.0, 0.0]) @ exp_rotation([0.0, 0.0, 0.6])
"""A rotation in which the box's upright axis points up in the picture."""
STEP = 2
EXTENT_PX = 0.7 * 256
INSTANCE_RADIUS_PX = 60


def fitting_pose(
    model: ObjectModel, rotation: FloatArray, center_px: tuple[float, float], camera: Camera
) -> FloatArray:
    """Return the pose whose first keypoint is seen at `center_px` and whose keypoints span EXTENT_PX."""
    ray = camera.undistort_pixels([center_px])[0]
    direction = np.array([(ray[0] - camera.cx) / camera.fx, (ray[1] - camera.cy) / camera.fy, 1.0])

    def excess(depth: float) -> float:
        pixels = projections(model, make_transform(rotation, depth * direction), camera)
        return float(np.ptp(pixels, axis=0).max() - EXTENT_PX)

    return make_transform(rotation, float(brentq(excess, 0.1, 5.0)) * direction)


def network_for(bundle: Bundle, layout_px: FloatArray, scale: float = 0.1) -> bytes:
    """Return the model for keypoints at `layout_px`, (K, 2) frame pixels from the first keypoint.

    Every object of the bundle gets the same logits; the network says that its votes have the Laplace `scale`, strides.
    """
    objects, n_keypoints = len(bundle.objects), len(layout_px)
    weights = np.zeros((objects + 3 * n_keypoints + 6, 3, STRIDE, STRIDE))
    biases = np.zeros(len(weights))
    levels, means = 255 * np.array(bundle.std), 255 * np.array(bundle.mean)
    average = 1 / STRIDE**2
    weights[:objects, 2] = 20 / 255 * levels[2] * average
    biases[:objects] = 20 * (means[2] / 255 - 0.5)
    for axis in (0, 1):
        channels = objects + axis + 2 * np.arange(n_keypoints)
        weights[channels, axis] = -levels[axis] * average / (STRIDE * STEP)
        biases[channels] = (layout_px[:, axis] + 128 - means[axis]) / (STRIDE * STEP)
    biases[objects + 2 * n_keypoints :] = np.log(scale)
    biases[[-3, -1]] = 5.0  # it knows nothing of the surface and of sizes
    return convolution_model(weights, biases, objects, n_keypoints)


def picture(centers_px: list[tuple[float, float]], width: int = 640, height: int = 480) -> ByteArray:
    """Return the (height, width, 3) BGR picture of instances at `centers_px`, whole numbers plus 0.5.

    For these it is exact: rounding down takes half a level, and rounding the mean of two neighbouring
    levels, when the picture is halved, adds half a level.
    """
    image = np.zeros((height, width, 3), np.uint8)
    y, x = np.mgrid[:height, :width]
    for cx, cy in centers_px:
        inside = np.hypot(x - cx, y - cy) < INSTANCE_RADIUS_PX
        surrounding = np.hypot(x - cx, y - cy) < 2 * INSTANCE_RADIUS_PX
        values = np.stack([255 * inside, np.floor(128 + y - cy), np.floor(128 + x - cx)], axis=2)
        image[surrounding] = np.clip(values, 0, 255)[surrounding].astype(np.uint8)
    return image
