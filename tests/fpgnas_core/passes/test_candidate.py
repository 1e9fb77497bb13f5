import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.passes.candidate import Candidate
from fpgnas_core.se3 import exp_rotation, make_transform
from tests.fpgnas_core.grids import projections
from tests.fpgnas_core.models import box_object

CAMERA = Camera(600.0, 600.0, 320.0, 240.0, 640, 480)
UPRIGHT = make_transform(exp_rotation([np.pi / 2, 0.0, 0.0]), [0.0, 0.0, 0.6])


@pytest.mark.parametrize("turn", [0.0, 0.7, -2.0])
def test_roll_makes_the_object_upright_again(turn: float) -> None:
    pose = make_transform(exp_rotation([0.0, 0.0, turn]) @ UPRIGHT[:3, :3], UPRIGHT[:3, 3])
    candidate = Candidate.at(0, box_object(), pose, CAMERA, 4)
    assert candidate is not None
    assert np.cos(candidate.roll + turn) == pytest.approx(1)
    np.testing.assert_allclose(candidate.keypoints_px, projections(box_object(), pose, CAMERA))
    assert candidate.instance == 4


def test_object_that_reaches_behind_the_camera_cannot_be_looked_at() -> None:
    near = make_transform(np.eye(3), [0.0, 0.0, 0.02])
    assert Candidate.at(0, box_object(), near, CAMERA, 0) is None


def test_first_seen_is_looked_for_where_its_votes_are() -> None:
    votes = projections(box_object(), UPRIGHT, CAMERA) + 3.0
    candidate = Candidate.first_seen(2, box_object(), votes, UPRIGHT, 0.4)
    np.testing.assert_array_equal(candidate.keypoints_px, votes)
    assert (candidate.object_index, candidate.instance, candidate.confidence) == (2, -1, 0.4)
    np.testing.assert_array_equal(candidate.T_reference, np.eye(4))


def test_varied_crop_is_turned_and_resized_about_its_middle() -> None:
    candidate = Candidate.at(0, box_object(), UPRIGHT, CAMERA, 0)
    assert candidate is not None
    other = candidate.varied(0.3, 1.2)
    assert other.roll == pytest.approx(candidate.roll + 0.3)
    np.testing.assert_allclose(other.keypoints_px.mean(axis=0), candidate.keypoints_px.mean(axis=0))
    np.testing.assert_allclose(np.ptp(other.keypoints_px, axis=0), 1.2 * np.ptp(candidate.keypoints_px, axis=0))
    assert (other.object_index, other.instance) == (candidate.object_index, candidate.instance)


def test_crop_is_off_where_the_object_lies_otherwise_in_it() -> None:
    taken = Candidate.at(0, box_object(), UPRIGHT, CAMERA, 0)
    nearer = Candidate.at(0, box_object(), make_transform(UPRIGHT[:3, :3], [0.0, 0.0, 0.4]), CAMERA, 0)
    assert taken is not None
    assert nearer is not None
    assert not taken.is_off(taken)
    assert taken.is_off(nearer)
