"""An object as it is drawn from one direction, and pixels put back onto its surface."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.rendering.renderer import Geometry, Surfaces

Vector = NDArray[np.float64]


class EdgePoints(NamedTuple):
    """points: (n, 3) metres, on the surface.  normals: (n, 3) unit vectors across the edge and the line of sight.

    Both in the object's frame, as `fpgnas_core.contour.ViewpointModel` has them.
    """

    points: Vector
    normals: Vector


class DrawnView(NamedTuple):
    """Pictures of one object by an ideal camera. pose: T_camera_object, (4, 4) metres."""

    geometry: Geometry
    surfaces: Surfaces
    camera: Camera
    pose: Vector

    def on_surface(self, pixels: Vector, depths: Vector) -> Vector:
        """(n, 3) points, metres, object frame, that are seen at (n, 2) pixels with (n,) depths, metres."""
        camera = self.camera
        rays = np.column_stack([(pixels - [camera.cx, camera.cy]) / [camera.fx, camera.fy], np.ones(len(pixels))])
        points: Vector = (depths[:, None] * rays - self.pose[:3, 3]) @ self.pose[:3, :3]
        return points

    def across(self, directions: Vector) -> Vector:
        """(n, 3) unit vectors, object frame, of (n, 2) directions in the picture."""
        turned: Vector = np.column_stack([directions, np.zeros(len(directions))]) @ self.pose[:3, :3]
        return turned
