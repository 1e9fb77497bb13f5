"""Poses between recorded messages."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fpgnas_core.recording.pose_track import FrameTree, Matrix, PoseTrack, StaticPose
from fpgnas_core.se3 import make_transform

SECOND = 1_000_000_000


def turned(degrees: float, x: float) -> Matrix:
    return make_transform(Rotation.from_euler("z", degrees, degrees=True).as_matrix(), [x, 0, 0])


def moved(x: float, y: float, z: float) -> Matrix:
    return make_transform(np.eye(3), [x, y, z])


@pytest.fixture
def track() -> PoseTrack:
    return PoseTrack([2 * SECOND, SECOND, 4 * SECOND], [turned(80, 2), turned(40, 1), turned(80, 2)])


def test_recorded_pose_is_returned_as_it_is(track: PoseTrack) -> None:
    np.testing.assert_allclose(track.at(2 * SECOND, 0), turned(80, 2))


def test_pose_between_messages_is_interpolated_in_angle_and_place(track: PoseTrack) -> None:
    np.testing.assert_allclose(track.at(SECOND + SECOND // 4, SECOND), turned(50, 1.25), atol=1e-12)


@pytest.mark.parametrize("stamp_s", [0, 3, 5])
def test_nothing_is_said_outside_and_in_long_gaps(track: PoseTrack, stamp_s: int) -> None:
    assert track.at(stamp_s * SECOND, SECOND) is None


def test_frames_are_chained_over_their_common_parent() -> None:
    tree = FrameTree(
        {
            ("world", "base"): StaticPose(moved(1, 0, 0)),
            ("base", "camera"): PoseTrack([0, SECOND], [moved(0, 0, 0), moved(0, 2, 0)]),
            ("world", "part"): StaticPose(turned(90, 5)),
        }
    )
    # At half a second the camera is at (1, 1, 0) of the world, the part at (5, 0, 0) and a quarter turn about z.
    found = tree.at("camera", "part", SECOND // 2, SECOND)
    assert found is not None
    np.testing.assert_allclose(found[:3, 3], [4, -1, 0])
    np.testing.assert_allclose(found[:3, :3], turned(90, 0)[:3, :3], atol=1e-12)


def test_frame_is_itself_without_any_message() -> None:
    np.testing.assert_array_equal(FrameTree({}).at("camera", "camera", 0, 0), np.eye(4))


def test_unconnected_frames_have_no_transform() -> None:
    tree = FrameTree({("world", "part"): StaticPose(np.eye(4))})
    assert tree.at("camera", "part", 0, 0) is None


def test_frames_in_a_circle_end() -> None:
    tree = FrameTree({("a", "b"): StaticPose(np.eye(4)), ("b", "a"): StaticPose(np.eye(4))})
    assert tree.at("a", "other", 0, 0) is None
