"""Objects of a BOP data set as a bundle needs them: keypoints, size and symmetries, in metres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.object_model import ObjectModel
from training.data.models import DatasetModel, read_models


def object_models(dataset: Path, n_keypoints: int) -> tuple[ObjectModel, ...]:
    """The objects of dataset/models in the order of their ids. Raises DatasetError and MeshError."""
    return tuple(
        ObjectModel(
            object_id=model.object_id,
            name=model.name,
            keypoints=farthest_points(
                model.load_mesh().vertices.astype(np.float64), np.array(model.box_center), n_keypoints
            ),
            diameter=model.diameter,
            box_size=model.box_size,
            box_center=model.box_center,
            upright_axis=upright_axis(model),
            symmetries_discrete=model.symmetries_discrete,
            symmetries_continuous=model.symmetries_continuous,
        )
        for model in read_models(dataset / "models").values()
    )


def upright_axis(model: DatasetModel) -> tuple[float, float, float]:
    """The axis of the object's frame that the second pass turns up: the longest side of the box that symmetries keep.

    Where they keep none, the longest side: training takes the nearest of the equivalent poses in any case.
    """
    axes = np.eye(3)
    turns = [matrix[:3, :3] for matrix in model.symmetries_discrete]
    kept = [a for a in axes if all(np.allclose(turn @ a, a, atol=1e-3) for turn in turns)]
    kept = [a for a in kept if all(np.allclose(np.cross(a, s.axis), 0, atol=1e-3) for s in model.symmetries_continuous)]
    chosen = max(kept or list(axes), key=lambda axis: float(axis @ np.array(model.box_size)))
    return (float(chosen[0]), float(chosen[1]), float(chosen[2]))


def farthest_points(points: NDArray[np.float64], centre: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """`count` keypoints, (count, 3): the centre, then surface points each farthest from all before it.

    points: (P, 3) vertices, metres.  centre: (3,).  Farthest-point sampling as in PVNet (Peng et al. 2019).
    """
    chosen = [centre]
    distance = np.linalg.norm(points - centre, axis=1)
    for _ in range(count - 1):
        chosen.append(points[np.argmax(distance)])
        distance = np.minimum(distance, np.linalg.norm(points - chosen[-1], axis=1))
    return np.array(chosen)
