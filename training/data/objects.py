"""Objects of a BOP data set as a bundle needs them: keypoints, size and symmetries, in metres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.object_model import ObjectModel
from training.data.models import DatasetModel, read_models

TOLERANCE = 1e-3


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
    """The axis that the second pass turns up, (3,) of length 1: the longest, in the box, of those that symmetries keep.

    Axes of the box and of the symmetries are asked. One that is kept gives all poses that look the same the same roll;
    where there is none, one that symmetries at most reverse leaves two rolls.
    """
    turns = [matrix[:3, :3] for matrix in model.symmetries_discrete]
    axes = [*np.eye(3), *(s.unit_axis for s in model.symmetries_continuous), *map(_axis_of, turns)]
    along = [a for a in axes if all(abs(a @ s.unit_axis) > 1 - TOLERANCE for s in model.symmetries_continuous)]
    kept = [a for a in along if all(turn @ a @ a > 1 - TOLERANCE for turn in turns)]
    reversible = [a for a in along if all(abs(turn @ a @ a) > 1 - TOLERANCE for turn in turns)]
    chosen = max(kept or reversible or axes[:3], key=lambda axis: float(np.abs(axis) @ np.array(model.box_size)))
    return (float(chosen[0]), float(chosen[1]), float(chosen[2]))


def _axis_of(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,), of length 1, its largest number positive: what a rotation leaves where it is."""
    values, vectors = np.linalg.eig(turn)
    axis: NDArray[np.float64] = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    return axis * np.sign(axis[np.argmax(np.abs(axis))]) / np.linalg.norm(axis)


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
