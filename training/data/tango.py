"""The Tango satellite of SPEED and SPEED+ (Park, D'Amico et al., Stanford Space Rendezvous Laboratory).

The meshes are not public; these 11 landmarks are: `tangoPoints.mat` of tpark94/speedplusbaseline and spnv2 (MIT).
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import pdist

from fpgnas_core.object_model import ObjectModel

TANGO_ID = 1
LANDMARKS = np.array(
    [
        [-0.37, -0.385, 0.3215],
        [-0.37, 0.385, 0.3215],
        [0.37, 0.385, 0.3215],
        [0.37, -0.385, 0.3215],
        [-0.37, -0.264, 0.0],
        [-0.37, 0.304, 0.0],
        [0.37, 0.304, 0.0],
        [0.37, -0.264, 0.0],
        [-0.5427, 0.4877, 0.2535],
        [0.5427, 0.4877, 0.2591],
        [0.305, -0.579, 0.2515],
    ]
)
"""(11, 3) metres: the corners of the solar panel, of the body's bottom, and the tips of three antennas."""
LABELLED_AS = (10, 9, 8, 3, 2, 1, 0, 7, 6, 5, 4)
"""Landmark i of the labels of SPEED's real images is LANDMARKS[LABELLED_AS[i]]."""


def tango() -> ObjectModel:
    """The satellite with its landmarks as keypoints, the centre of their box first. Metres."""
    low, high = LANDMARKS.min(axis=0), LANDMARKS.max(axis=0)
    centre, size = ((low + high) / 2).tolist(), (high - low).tolist()
    return ObjectModel(
        object_id=TANGO_ID,
        name="tango",
        keypoints=np.vstack([centre, LANDMARKS]),
        diameter=float(pdist(LANDMARKS).max()),
        box_size=(size[0], size[1], size[2]),
        box_center=(centre[0], centre[1], centre[2]),
    )
