"""Pose errors of a network on held-out crops: decoding and PnP as on the robot, one pass each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fpgnas_core.decode import decode
from fpgnas_core.imaging import PixelMap
from fpgnas_core.pose import fine_pose
from fpgnas_core.se3 import transform_points
from training.data.batches import plain_batches
from training.data.crops import CropSet
from training.space.network import PoseGrid, PoseNetwork

THRESHOLD = 0.5
AS_IT_IS = PixelMap(np.eye(2, 3))


@dataclass(frozen=True)
class Validation:
    """errors: (N,) mean distance of the keypoints at the two poses, in diameters; infinite where nothing was found."""

    names: tuple[str, ...]
    object_index: NDArray[np.int64]
    errors: NDArray[np.float64]

    def shares(self) -> dict[str, float]:
        """Share of all crops within 0.1 and 0.05 diameters, over all and per object, 0 to 1."""
        found = {
            "add_0_1d": float((self.errors < 0.1).mean()),
            "add_0_05d": float((self.errors < 0.05).mean()),
        }
        for place, name in enumerate(self.names):
            found[f"add_0_1d/{name}"] = float((self.errors[self.object_index == place] < 0.1).mean())
        return found

    def summary(self) -> str:
        """One line."""
        shares = self.shares()
        parts = [f"{name} {100 * shares[f'add_0_1d/{name}']:.1f} %" for name in self.names]
        return (
            f"validation crops ADD-0.1d {100 * shares['add_0_1d']:.1f} %, ADD-0.05d {100 * shares['add_0_05d']:.1f} %"
            f" ({', '.join(parts)})"
        )


def validate(network: PoseNetwork, crops: CropSet) -> Validation:
    """Run over all crops. Errors are over the keypoints, not the mesh, so they only stand in for ADD."""
    network.eval()
    errors: list[float] = []
    with torch.inference_mode():
        for batch in plain_batches(crops, 64):
            grid = network(batch.images)
            for item in range(len(batch.images)):
                errors.append(_error(grid, item, crops, len(errors), network.space.grid_stride))
    return Validation(tuple(model.name for model in crops.objects), crops.object_index, np.array(errors))


def _error(grid: PoseGrid, item: int, crops: CropSet, index: int, stride: int) -> float:
    found = decode(*(part[item].numpy() for part in grid), stride, THRESHOLD)
    place = int(crops.object_index[index])
    model, truth = crops.objects[place], crops.T_camera_object[index]
    votes = next((votes for votes in found if votes.object_index == place), None)
    if votes is None:
        return float("inf")
    solution = fine_pose(votes, model, stride, AS_IT_IS, crops.cameras[index])
    if solution is None:
        return float("inf")
    estimated = transform_points(solution.T_camera_object, model.keypoints)
    distances = np.linalg.norm(estimated - transform_points(truth, model.keypoints), axis=1)
    return float(distances.mean() / model.diameter)
