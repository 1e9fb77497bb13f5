"""Output grids as a perfect network would give them for known poses, with chosen noise."""

from dataclasses import dataclass, fields

import numpy as np

from fpgnas_core.arrays import FloatArray
from fpgnas_core.camera import Camera
from fpgnas_core.decode import Votes, decode
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import transform_points

STRIDE = 8


@dataclass
class GridSet:
    """Outputs for one image: logits (1, h, w), offsets (2K, h, w), log scales (K, h, w), surface (3 and 1, h, w), sizes
    (1 and 1, h, w).
    """

    class_logits: FloatArray
    keypoint_offsets: FloatArray
    keypoint_log_scales: FloatArray
    surface_coordinates: FloatArray
    surface_log_scales: FloatArray
    log_sizes: FloatArray
    size_log_scales: FloatArray

    @classmethod
    def empty(cls, columns: int, rows: int, n_keypoints: int) -> "GridSet":
        shape = (rows, columns)
        return cls(
            np.full((1, *shape), -5.0),
            np.zeros((2 * n_keypoints, *shape)),
            np.zeros((n_keypoints, *shape)),
            np.zeros((3, *shape)),
            np.full((1, *shape), 5.0),
            np.zeros((1, *shape)),
            np.full((1, *shape), 5.0),
        )

    def decoded(self, threshold: float = 0.5) -> list[Votes]:
        """Return the instances that the decoder finds."""
        return decode(*(getattr(self, field.name) for field in fields(self)), STRIDE, threshold)

    def add(
        self, pixels: FloatArray, radius: float, noise_px: float = 0.0, rng: np.random.Generator | None = None
    ) -> None:
        """Let the cells within `radius` pixels of pixels[0] vote for (K, 2) `pixels` with Laplace noise.

        `noise_px` is the scale b; the log scales state it (at least 0.05 strides).
        """
        rows, columns = self.class_logits.shape[1:]
        for row in range(rows):
            for column in range(columns):
                center = (np.array([column, row]) + 0.5) * STRIDE - 0.5
                if np.linalg.norm(center - pixels[0]) > radius:
                    continue
                noise = 0.0 if rng is None else rng.laplace(scale=noise_px, size=pixels.shape)
                self.class_logits[0, row, column] = 3.0
                self.keypoint_offsets[:, row, column] = ((pixels + noise - center) / STRIDE).ravel()
                self.keypoint_log_scales[:, row, column] = np.log(max(noise_px / STRIDE, 0.05))


def projections(model: ObjectModel, T_camera_object: FloatArray, camera: Camera) -> FloatArray:
    """Return the (K, 2) pixels of the model's keypoints."""
    return camera.project(transform_points(T_camera_object, model.keypoints))
