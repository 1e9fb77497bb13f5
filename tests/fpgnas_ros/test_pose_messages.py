"""Messages of a pose whose quaternion and box are known by hand."""

import numpy as np
import pytest
from std_msgs.msg import Header

from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.se3 import make_transform
from fpgnas_ros.pose_messages import (
    detections,
    from_pose,
    pose_stamped,
    pose_with_covariance_stamped,
    to_pose,
    transforms,
)

QUARTER_TURN_ABOUT_Z = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
T = make_transform(QUARTER_TURN_ABOUT_Z, [0.1, -0.2, 0.7])
HEADER = Header(frame_id="camera_optical_frame")
HEADER.stamp.sec, HEADER.stamp.nanosec = 12, 34
MODEL = ObjectModel(
    object_id=3,
    name="cup",
    keypoints=np.zeros((8, 3)),
    diameter=0.2,
    box_size=(0.10, 0.08, 0.06),
    box_center=(0.01, 0.0, 0.02),
)


def estimate(instance: int = 0) -> PoseEstimate:
    return PoseEstimate(
        object_id=3,
        name="cup",
        T_camera_object=T,
        covariance=np.arange(36.0).reshape(6, 6),
        confidence=0.75,
        keypoints_px=np.zeros((8, 2)),
        reprojection_rms_px=0.5,
        instance=instance,
    )


def test_pose_has_metres_and_the_quaternion_of_a_quarter_turn() -> None:
    pose = to_pose(T)
    assert (pose.position.x, pose.position.y, pose.position.z) == (0.1, -0.2, 0.7)
    quaternion = [pose.orientation.x, pose.orientation.y, pose.orientation.z, pose.orientation.w]
    np.testing.assert_allclose(quaternion, [0, 0, np.sqrt(0.5), np.sqrt(0.5)], atol=1e-12)


def test_a_pose_survives_the_way_into_a_message_and_back() -> None:
    np.testing.assert_allclose(from_pose(to_pose(T)), T, atol=1e-12)


def test_header_is_the_images() -> None:
    for message in (pose_stamped(HEADER, estimate()), pose_with_covariance_stamped(HEADER, estimate())):
        assert message.header == HEADER


def test_covariance_is_row_major() -> None:
    np.testing.assert_array_equal(pose_with_covariance_stamped(HEADER, estimate()).pose.covariance, np.arange(36))


def test_detection_box_is_centred_on_the_box_not_on_the_origin() -> None:
    box = detections(HEADER, [estimate()], {3: MODEL}).detections[0].bbox
    # the quarter turn takes the offset (0.01, 0, 0.02) to (0, 0.01, 0.02)
    np.testing.assert_allclose(
        [box.center.position.x, box.center.position.y, box.center.position.z], [0.1, -0.19, 0.72]
    )
    assert (box.size.x, box.size.y, box.size.z) == (0.10, 0.08, 0.06)


def test_detections_name_object_instance_and_score() -> None:
    found = detections(HEADER, [estimate(0), estimate(1)], {3: MODEL}).detections
    assert [d.id for d in found] == ["cup_0", "cup_1"]
    assert found[0].results[0].hypothesis.class_id == "cup"
    assert found[0].results[0].hypothesis.score == pytest.approx(0.75)


def test_no_estimates_are_an_empty_array_with_the_header() -> None:
    message = detections(HEADER, [], {3: MODEL})
    assert message.header == HEADER
    assert list(message.detections) == []


def test_transforms_are_named_by_prefix_object_and_instance() -> None:
    sent = transforms(HEADER, [estimate(0), estimate(1)], "left/").transforms
    assert [t.child_frame_id for t in sent] == ["left/cup_0", "left/cup_1"]
    assert sent[0].transform.translation.z == 0.7
    assert sent[0].header == HEADER
