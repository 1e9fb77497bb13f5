import numpy as np
import pytest

from benchmarks.bop.ours import target_errors
from benchmarks.bop.scenes import CAMERA, Estimate, Image, Instance
from benchmarks.bop.shapes import make_shapes
from fpgnas_core.bop_results import BopResult
from fpgnas_core.se3 import make_transform

SHAPE = make_shapes()[0]


def _image() -> Image:
    """The demo object 1 % of its diameter too far to the right."""
    true = make_transform(np.eye(3), [0.0, 0.0, 0.7])
    moved = make_transform(np.eye(3), [0.01 * SHAPE.diameter, 0.0, 0.7])
    instance = Instance(SHAPE, true, 1.0, SHAPE.depth_map(true, CAMERA))
    estimate = Estimate(SHAPE, BopResult(1, 0, 1, 0.5, moved, 0.1), SHAPE.depth_map(moved, CAMERA))
    return Image(1, 0, np.zeros((CAMERA.height, CAMERA.width), np.uint16), [instance], {1: 1}, [estimate])


@pytest.mark.parametrize("name", ["mssd", "add"])
def test_lengths_are_in_diameters(name: str) -> None:
    (target,) = target_errors([_image()], name)
    assert target.errors == pytest.approx(np.array([[[0.01]]]))


def test_pixels_are_those_of_an_image_640_wide() -> None:
    (target,) = target_errors([_image()], "mspd")
    nearest = 0.7 + SHAPE.points[:, 2].min()
    expected = 1075 * 0.01 * SHAPE.diameter / nearest * 640 / 720
    assert target.errors == pytest.approx(np.array([[[expected]]]))


def test_vsd_has_one_error_for_each_tau() -> None:
    (target,) = target_errors([_image()], "vsd")
    assert target.errors.shape == (1, 1, 10)
    assert ((target.errors > 0) & (target.errors < 0.2)).all()
