import numpy as np
import pytest

from benchmarks.bop.shapes import Shape, make_shapes
from fpgnas_core.camera import Camera
from fpgnas_core.metrics import adi
from fpgnas_core.se3 import make_transform

PLAIN, BOX, CAN = make_shapes()


@pytest.mark.parametrize(("shape", "n_symmetries"), [(PLAIN, 1), (BOX, 4), (CAN, 2 * 315)])
def test_number_of_symmetries(shape: Shape, n_symmetries: int) -> None:
    assert shape.symmetries.shape == (n_symmetries, 4, 4)


@pytest.mark.parametrize(("shape", "off"), [(BOX, 1e-12), (CAN, 2.2e-3)])
def test_symmetries_map_the_object_to_itself(shape: Shape, off: float) -> None:
    # The can has 48 corners, up to half of 2 pi 30 mm / 48 = 3.9 mm apart from the nearest after a turn.
    assert max(adi(symmetry, np.eye(4), shape.points) for symmetry in shape.symmetries[::37]) < off


def test_depth_of_a_box_seen_straight_on() -> None:
    camera = Camera(200.0, 200.0, 50.0, 40.0, 101, 81)
    # Its near face, 40 / 2 mm before the centre at 0.5 m: 100 mm x 60 mm at 0.48 m are 41.7 x 25 px.
    pose = make_transform(np.eye(3), np.array([0.0, 0.0, 0.5]) - (0.01, -0.02, 0.015))
    depth = BOX.depth_map(pose, camera)
    rows, columns = np.nonzero(depth)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (30, 70, 28, 52)
    assert depth[28:53, 30:71] == pytest.approx(0.48, abs=1e-6)
