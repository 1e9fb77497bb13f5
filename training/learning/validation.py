"""Pose errors of a network on held-out crops: decoding and PnP as on the robot, one pass each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fpgnas_core.contour import ViewpointModel
from fpgnas_core.decode import CELL_CONFIDENCE, decode
from fpgnas_core.imaging import PixelMap
from fpgnas_core.metrics import add_or_adi
from fpgnas_core.pnp import PnpSolution
from fpgnas_core.pose import fine_pose, outlined_pose
from training.data.batches import plain_batches
from training.data.crop_pixels import PICTURE
from training.data.crops import CropSet
from training.data.models import read_models
from training.space.network import PoseNetwork

AS_IT_IS = PixelMap(np.eye(2, 3))


@dataclass(frozen=True)
class Validation:
    """errors: (N,) ADD, or ADI of symmetric objects (ADD(-S)), in diameters; infinite where nothing was found."""

    names: tuple[str, ...]
    object_index: NDArray[np.int64]
    errors: NDArray[np.float64]

    def shares(self) -> dict[str, float]:
        """Share of all crops within 0.1 and 0.05 diameters, over all and per object, 0 to 1."""
        chosen = {"": np.full(len(self.errors), True)}
        chosen |= {f"/{name}": self.object_index == place for place, name in enumerate(self.names)}
        limits = {"add_0_1d": 0.1, "add_0_05d": 0.05}
        return {
            f"{figure}{name}": float((self.errors[crops] < limit).mean())
            for figure, limit in limits.items()
            for name, crops in chosen.items()
            if crops.any()
        }

    def summary(self) -> str:
        """All objects in one line, and a line for each where there are several."""
        shares = self.shares()
        names = [name for name in self.names if f"add_0_1d/{name}" in shares]
        rows = [f"  {name:20s} {_percent(shares, f'/{name}')}" for name in names if len(names) > 1]
        return "\n".join([f"validation crops {_percent(shares, '')}", *rows])


def _percent(shares: dict[str, float], name: str) -> str:
    near, nearer = 100 * shares[f"add_0_1d{name}"], 100 * shares[f"add_0_05d{name}"]
    return f"ADD(-S)-0.1d {near:5.1f} %, ADD(-S)-0.05d {nearer:5.1f} %"


def validate(network: PoseNetwork, crops: CropSet) -> Validation:
    """Run over all crops."""
    errors = pose_errors(crops, solutions(network, crops))
    return Validation(tuple(model.name for model in crops.objects), crops.object_index, errors)


def solutions(
    network: PoseNetwork, crops: CropSet, viewpoints: Mapping[int, ViewpointModel] | None = None
) -> list[PnpSolution | None]:
    """The pose of each crop's object as the network sees it, None where it does not. The network stays in eval mode.

    viewpoints: by object id; the poses of those objects are then moved to their outlines.
    """
    network.eval()
    device = next(network.parameters()).device
    found: list[PnpSolution | None] = []
    with torch.inference_mode():
        for batch in plain_batches(crops, 64, device):
            parts = [part.cpu().numpy() for part in network(batch.images)]
            for item in range(len(batch.images)):
                grid, stride = [part[item] for part in parts], network.space.grid_stride
                found.append(_solve(grid, crops, len(found), stride, viewpoints or {}))
    return found


def _solve(
    grid: list[NDArray[np.float32]],
    crops: CropSet,
    index: int,
    stride: int,
    viewpoints: Mapping[int, ViewpointModel],
) -> PnpSolution | None:
    place, camera = int(crops.object_index[index]), crops.camera(index)
    model = crops.objects[place]
    votes = next((votes for votes in decode(*grid, stride, CELL_CONFIDENCE) if votes.object_index == place), None)
    if votes is None:
        return None
    solution = fine_pose(votes, model, stride, AS_IT_IS, camera)
    if solution is None or model.object_id not in viewpoints:
        return solution
    (picture,) = crops.pixels.read(slice(index, index + 1))[:, PICTURE].transpose(0, 2, 3, 1)
    moved, _ = outlined_pose(solution, votes, model, viewpoints[model.object_id], stride, picture, AS_IT_IS, camera)
    return moved


def pose_errors(crops: CropSet, found: Sequence[PnpSolution | None]) -> NDArray[np.float64]:
    """(N,) as in Validation."""
    surfaces = _surfaces(crops.dataset)
    errors = np.full(len(crops), np.inf)
    for index, solution in enumerate(found):
        if solution is not None:
            model = crops.objects[crops.object_index[index]]
            points, symmetric = surfaces[model.object_id]
            truth = crops.T_camera_object[index]
            errors[index] = add_or_adi(solution.T_camera_object, truth, points, symmetric) / model.diameter
    return errors


@cache
def _surfaces(dataset: Path) -> dict[int, tuple[NDArray[np.float64], bool]]:
    """Distinct vertices of each object, (P, 3) metres, and whether it is symmetric."""
    return {
        object_id: (np.unique(model.load_mesh().vertices.astype(np.float64), axis=0), model.is_symmetric)
        for object_id, model in read_models(dataset / "models").items()
    }
