"""Pose estimates as ROS messages, all with the image's stamp and frame."""

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseStamped,
    PoseWithCovariance,
    PoseWithCovarianceStamped,
    Quaternion,
    TransformStamped,
    Vector3,
)
from numpy.typing import NDArray
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import (
    BoundingBox3D,
    Detection3D,
    Detection3DArray,
    ObjectHypothesis,
    ObjectHypothesisWithPose,
)

from fpgnas_core.object_model import ObjectModel
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.se3 import matrix_from_quaternion_xyzw, quaternion_xyzw_from_matrix, transform_points

Matrix = NDArray[np.float64]


def to_pose(T_camera_object: Matrix) -> Pose:
    """A pose in the camera's frame; T_camera_object: (4, 4), metres."""
    x, y, z, w = quaternion_xyzw_from_matrix(T_camera_object[:3, :3]).tolist()
    tx, ty, tz = T_camera_object[:3, 3].tolist()
    return Pose(position=Point(x=tx, y=ty, z=tz), orientation=Quaternion(x=x, y=y, z=z, w=w))


def from_pose(pose: Pose) -> Matrix:
    """T_camera_object (4, 4), metres, of a pose message."""
    p, q = pose.position, pose.orientation
    transform = np.eye(4)
    transform[:3, :3] = matrix_from_quaternion_xyzw([q.x, q.y, q.z, q.w])
    transform[:3, 3] = p.x, p.y, p.z
    return transform


def pose_stamped(header: Header, estimate: PoseEstimate) -> PoseStamped:
    """The pose alone."""
    return PoseStamped(header=header, pose=to_pose(estimate.T_camera_object))


def pose_with_covariance_stamped(header: Header, estimate: PoseEstimate) -> PoseWithCovarianceStamped:
    """The pose with its 6x6 covariance (x, y, z, rotations about the camera's axes), row-major."""
    return PoseWithCovarianceStamped(header=header, pose=_with_covariance(estimate))


def _with_covariance(estimate: PoseEstimate) -> PoseWithCovariance:
    covariance = np.asarray(estimate.covariance, np.float64).ravel()
    return PoseWithCovariance(pose=to_pose(estimate.T_camera_object), covariance=covariance)


def detections(header: Header, estimates: Sequence[PoseEstimate], models: dict[int, ObjectModel]) -> Detection3DArray:
    """Every instance, best first; empty where nothing was seen. models: by object id."""
    found = [_detection(header, estimate, models[estimate.object_id]) for estimate in estimates]
    return Detection3DArray(header=header, detections=found)


def _detection(header: Header, estimate: PoseEstimate, model: ObjectModel) -> Detection3D:
    hypothesis = ObjectHypothesis(class_id=estimate.name, score=float(estimate.confidence))
    pose = _with_covariance(estimate)
    x, y, z = transform_points(estimate.T_camera_object, [model.box_center])[0].tolist()
    centre = Pose(position=Point(x=x, y=y, z=z), orientation=pose.pose.orientation)
    width, depth, height = model.box_size
    return Detection3D(
        header=header,
        results=[ObjectHypothesisWithPose(hypothesis=hypothesis, pose=pose)],
        bbox=BoundingBox3D(center=centre, size=Vector3(x=width, y=depth, z=height)),
        id=f"{estimate.name}_{estimate.instance}",
    )


def transforms(header: Header, estimates: Sequence[PoseEstimate], prefix: str) -> TFMessage:
    """For /tf: camera frame to `<prefix><object>_<n>` of each instance."""
    return TFMessage(transforms=[_transform(header, estimate, prefix) for estimate in estimates])


def _transform(header: Header, estimate: PoseEstimate, prefix: str) -> TransformStamped:
    pose = to_pose(estimate.T_camera_object)
    message = TransformStamped(header=header, child_frame_id=f"{prefix}{estimate.name}_{estimate.instance}")
    message.transform.translation = Vector3(x=pose.position.x, y=pose.position.y, z=pose.position.z)
    message.transform.rotation = pose.orientation
    return message
