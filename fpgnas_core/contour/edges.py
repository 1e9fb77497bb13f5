"""How strongly a picture changes across a direction: an object's outline is mostly such an edge.

Colours alone leave an outline open where object and background have the same ones in other places; an edge alone may
be any edge. Both together find what neither does.
"""

import cv2
import numpy as np

from fpgnas_core.arrays import ByteArray, Float32Array, FloatArray, IntArray

_BLUR_PX = 0.85  # standard deviation; an edge is sought in noise
_LEAST_CHANGE = 1.0  # grey levels a pixel, of a picture that shows nothing
_SUM = np.ones((1, 3), np.float32)


def changes(picture: ByteArray) -> Float32Array:
    """Return the structure tensor xx, 2 xy, yy of each pixel of an (H, W, 3) picture, (H, W, 3), summed over channels.

    In the picture's mean gradient, so that neither its contrast nor its blur matters.
    """
    blurred = cv2.GaussianBlur(picture, (0, 0), _BLUR_PX)
    x, y = (cv2.Sobel(blurred, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    xx, xy, yy = (cv2.transform(a * b, _SUM) for a, b in ((x, x), (x, y), (y, y)))
    mean = float(np.sqrt(xx + yy).mean())
    return np.asarray(np.stack([xx, 2 * xy, yy], axis=2) / (mean + _LEAST_CHANGE) ** 2, np.float32)


def edges_across(tensor: Float32Array, places: IntArray, directions: FloatArray) -> Float32Array:
    """Return the log of 1 + the squared gradient along `directions`, (n, 2) unit vectors, at `places`, (n, m).

    `tensor` is what `changes` gives, (N, 3), flat.
    """
    x, y = directions.astype(np.float32).T
    squared = (np.take(tensor, places, axis=0) @ np.stack([x * x, x * y, y * y], axis=1)[:, :, None])[:, :, 0]
    strengths: Float32Array = np.log(1 + np.maximum(squared, 0))
    return strengths
