"""How strongly a picture changes across a direction: an object's outline is mostly such an edge.

Colours alone leave an outline open where object and background have the same ones in other places; an edge alone may
be any edge. Both together find what neither does (as Choi and Christensen, "Robust 3D visual tracking using particle
filtering on the special Euclidean group", IJRR 2012, for edges of a model).
"""

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, Float32Array, FloatArray, IntArray

_BLUR_PX = 0.85  # standard deviation; an edge is sought in noise
_LEAST_CHANGE = 1.0  # grey levels a pixel, of a picture that shows nothing


def changes(picture: ByteArray) -> Float32Array:
    """Return the structure tensor xx, 2 xy, yy of each pixel of an (H, W, 3) picture, (3, H W), summed over channels.

    In the picture's mean gradient, so that neither its contrast nor its blur matters.
    """
    blurred = cv2.GaussianBlur(picture, (0, 0), _BLUR_PX)
    x, y = (cv2.Sobel(blurred, cv2.CV_32F, *order, scale=1 / 8).reshape(-1, 3) for order in ((1, 0), (0, 1)))
    tensor = np.stack([np.einsum("pc,pc->p", x, x), 2 * np.einsum("pc,pc->p", x, y), np.einsum("pc,pc->p", y, y)])
    mean = float(np.sqrt(tensor[0] + tensor[2]).mean())
    return np.asarray(tensor / (mean + _LEAST_CHANGE) ** 2, np.float32)


def edges_across(tensor: Float32Array, places: IntArray, directions: FloatArray) -> FloatArray:
    """Return the log of 1 + the squared gradient along `directions`, (n, 2) unit vectors, at `places`, (n, m), flat.

    `tensor` is what `changes` gives.
    """
    x, y = directions[:, :1], directions[:, 1:]
    squared = tensor[0][places] * x**2 + tensor[1][places] * x * y + tensor[2][places] * y**2
    return np.asarray(np.log1p(np.maximum(squared, 0)), np.float64)
