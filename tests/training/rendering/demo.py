"""The demo object as a model of a data set."""

from pathlib import Path

import numpy as np

from training.data.models import DatasetModel

ASSETS = Path(__file__).parents[3] / "assets"


def demo_model(mesh_path: Path = ASSETS / "demo_object.ply") -> DatasetModel:
    """Return the demo object, or another mesh in its place."""
    box = (0.1, 0.07, 0.06)
    return DatasetModel(1, "demo", mesh_path, 0.1277, box, (0.0, 0.0, 0.0), np.zeros((0, 4, 4)), ())
