"""Maximum symmetry-aware projection distance."""

import math

from numpy.typing import ArrayLike

from fpgnas_core.camera import Camera
from fpgnas_core.metrics.points import distances, equivalent_poses, pixels_of, points_at


def mspd(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike, symmetries: ArrayLike, camera: Camera) -> float:
    """Return the largest distance of (P, 3) projected model points, pixels, the least over the symmetries.

    Hodan et al., "BOP Challenge 2020 on 6D Object Localization", ECCVW 2020. Poses are (4, 4)
    `T_camera_object`; `symmetries` (S, 4, 4) with the identity, metres, as for `mssd`. Infinite if a pose puts a
    point behind the camera, where the BOP toolkit goes on with the mirrored projection.
    """
    estimated = pixels_of(points_at(T_estimated, points), camera)
    if estimated is None:
        return math.inf
    seen = [pixels_of(points_at(pose, points), camera) for pose in equivalent_poses(T_true, symmetries)]
    return min((float(distances(estimated, pixels).max()) for pixels in seen if pixels is not None), default=math.inf)
