"""How far off an object's distance is by what the network says: the error that matters most for grasping it.

Cells err together: all votes a little too wide cost little each, and put the object centimetres too near. So the
distance that they imply together is trained too, in the spirit of wide-depth-range pose (Hu et al. 2021).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from fpgnas_core.decode import SIZE_UNIT_PX

LARGEST_ERROR = 0.3
"""Share of the distance; what is farther off has other things to learn first."""
FEWEST_CELLS = 4.0


class Geometry(NamedTuple):
    """Where a batch's objects are, and what their models say.

    poses: (N, 4, 4) T_camera_object, metres.  diameters: (N,), metres.  rays_from_px: (N, 2, 3), takes input
    pixels (x, y, 1) to rays (x / z, y / z) of that camera.  keypoints: (N, K, 3), metres.  box_size, box_center:
    (N, 3), metres.
    """

    poses: Tensor
    diameters: Tensor
    rays_from_px: Tensor
    keypoints: Tensor
    box_size: Tensor
    box_center: Tensor


def log_sizes(geometry: Geometry) -> Tensor:
    """(N,) natural log of how large each object appears: its diameter at its centre's distance, in SIZE_UNIT_PX pixels.

    That is what a distance looks like in a picture: with the camera's focal length it gives the distance, as the
    scale-invariant translation of CDPN (Li et al. 2019) does. The centre is the first keypoint.
    """
    centres = (geometry.poses[:, 2, :3] * geometry.keypoints[:, 0]).sum(dim=1) + geometry.poses[:, 2, 3]
    a, b = geometry.rays_from_px[:, 0, :2].unbind(dim=1)
    c, d = geometry.rays_from_px[:, 1, :2].unbind(dim=1)
    focal_px = (a * d - b * c).abs().rsqrt()
    return torch.log(focal_px * geometry.diameters / centres / SIZE_UNIT_PX)


def distance_errors(points: Tensor, pixels: Tensor, weights: Tensor, geometry: Geometry) -> Tensor:
    """(N,) |error| of the distance along the optical axis, in distances, with the true rotation given.

    points: (N, P, 3) object frame, metres, seen at pixels: (N, P, 2); weights: (N, P). Least squares of
    t_x - u t_z = u q_z - q_x and the same in y, where q is a turned point and (u, v) its ray.
    """
    turned = points @ geometry.poses[:, :3, :3].transpose(1, 2)
    rays = pixels @ geometry.rays_from_px[:, :, :2].transpose(1, 2) + geometry.rays_from_px[:, None, :, 2]
    known = rays * turned[..., 2:] - turned[..., :2]
    weights = (weights / weights.sum(dim=1, keepdim=True).clamp_min(1e-9))[..., None]
    apart = rays - (weights * rays).sum(dim=1, keepdim=True)
    spread = (weights * apart**2).sum(dim=(1, 2)).clamp_min(1e-9)
    distance = -(weights * apart * known).sum(dim=(1, 2)) / spread
    truth = geometry.poses[:, 2, 3]
    return ((distance - truth).abs() / truth).clamp_max(LARGEST_ERROR)


def seen_enough(shares: Tensor) -> Tensor:
    """(N,) 1 where an object covers FEWEST_CELLS cells; shares: (N, h, w) of each cell."""
    return (shares.sum(dim=(1, 2)) >= FEWEST_CELLS).to(shares)


def inverse_variances(log_scales: Tensor) -> Tensor:
    """Weights of the decoder, of log Laplace scales; they are no way to lower the error."""
    return torch.exp(-2 * log_scales.detach())
