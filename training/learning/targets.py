"""What a batch of crops should give, and the same of poses that look the same."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from training.learning.distance_loss import Geometry


class Targets(NamedTuple):
    """Labels of a batch of crops with one object each.

    masks: (N, 1, H, W) float, 1 on the visible object.  coordinates: (N, 3, H, W), the visible surface's place in the
    object's box, -0.5 to 0.5.  others: (N, 1, H, W) uint8, 1 + the index of another object seen there, or 0.
    object_index: (N,) the object's place among the network's.  keypoints_px: (N, K, 2) projections, input pixels.
    geometry: in three dimensions.  symmetric: (M,) the crops whose objects have symmetries, and symmetries:
    (M, S, 4, 4) those, metres, the identity first and, where an object has fewer than another, again.
    """

    masks: Tensor
    coordinates: Tensor
    others: Tensor
    object_index: Tensor
    keypoints_px: Tensor
    geometry: Geometry
    symmetric: Tensor
    symmetries: Tensor

    def take(self, chosen: Tensor) -> Targets:
        """Those of some of the crops, without symmetries."""
        geometry = Geometry(*(part[chosen] for part in self.geometry))
        parts = (part[chosen] for part in self[:5])
        return Targets(*parts, geometry, self.symmetric[:0], self.symmetries[:0])

    def replaced(self, chosen: Tensor, others: Targets) -> Targets:
        """These, with those of the crops at `chosen`, (n,), from `others`, (n,)."""

        def merge(own: tuple[Tensor, ...], new: tuple[Tensor, ...]) -> list[Tensor]:
            return [a.index_copy(0, chosen, b.to(a)) for a, b in zip(own, new, strict=True)]

        geometry = Geometry(*merge(self.geometry, others.geometry))
        return Targets(*merge(self[:5], others[:5]), geometry, self.symmetric, self.symmetries)

    def under(self, symmetries: Tensor) -> Targets:
        """Of the poses T_camera_object @ symmetries, (N, 4, 4): what is seen is another part of the object."""
        geometry = self.geometry._replace(poses=self.geometry.poses @ symmetries)
        size, center = geometry.box_size[:, :, None], geometry.box_center[:, :, None]
        points = self.coordinates.flatten(2) * size + center
        points = symmetries[:, :3, :3].transpose(1, 2) @ (points - symmetries[:, :3, 3:])
        coordinates = ((points - center) / size).view_as(self.coordinates)
        return self._replace(coordinates=coordinates, keypoints_px=project(geometry), geometry=geometry)


def project(geometry: Geometry) -> Tensor:
    """(N, K, 2) input pixels of the keypoints."""
    seen = geometry.keypoints @ geometry.poses[:, :3, :3].transpose(1, 2) + geometry.poses[:, None, :3, 3]
    rays = seen[..., :2] / seen[..., 2:] - geometry.rays_from_px[:, None, :, 2]
    return rays @ torch.linalg.inv_ex(geometry.rays_from_px[:, :, :2]).inverse.transpose(1, 2)
