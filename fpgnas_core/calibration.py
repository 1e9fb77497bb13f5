"""From the calibration of a whole sensor to the camera of its images, as ROS describes both (REP 104)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.camera import Camera


class Lens(NamedTuple):
    """Distortion as `Camera` takes it."""

    distortion: tuple[float, ...]
    model: str


class Region(NamedTuple):
    """The region of interest in pixels of the unbinned sensor; width or height 0 is the whole sensor."""

    x0: int
    y0: int
    width: int
    height: int


def calibrated_lens(coefficients: ArrayLike, model: str) -> Lens:
    """Return the lens of (n,) coefficients; all zero is no distortion, whatever their number.

    A model without a name is `plumb_bob`.
    """
    values = np.asarray(coefficients, np.float64)
    return Lens(tuple(values.tolist()) if values.any() else (), model or "plumb_bob")


def image_camera(sensor: Camera, region: Region, binning: tuple[int, int]) -> Camera:
    """Return the camera of the images of which `sensor` is the camera of all unbinned pixels.

    `binning` is the number of pixels across and down that become one, 0 meaning 1; the region is cut before.
    A region need not lie within the sensor. Raises CameraError where no pixel is left.
    """
    camera = sensor.cropped(*region) if region.width and region.height else sensor
    across, down = (max(1, factor) for factor in binning)
    if across == down == 1:
        return camera
    return camera.resized(camera.width // across, camera.height // down)
