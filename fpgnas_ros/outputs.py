"""What the node publishes for a frame."""

from __future__ import annotations  # Publisher is not generic at run time on Humble

from collections.abc import Sequence
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Image
from std_msgs.msg import Header, String
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.overlay import draw_keypoints, draw_pose
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_ros.image_conversion import bgr_to_image
from fpgnas_ros.parameters import NodeSettings
from fpgnas_ros.pose_messages import detections, pose_stamped, pose_with_covariance_stamped, transforms

DEPTH = 10
TF_DEPTH = 100  # as tf2_ros publishes
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Outputs:
    """The publishers of one configured node; `destroy` removes them."""

    def __init__(self, node: Node, objects: Sequence[ObjectModel], model_info: String) -> None:
        """model_info: sent once, to those who subscribe later too."""
        options = QoSOverridingOptions.with_default_policies()
        self._node = node
        self._models = {model.object_id: model for model in objects}
        self._pose = node.create_publisher(PoseStamped, "object_pose", DEPTH, qos_overriding_options=options)
        self._pose_with_covariance = node.create_publisher(
            PoseWithCovarianceStamped, "object_pose_with_covariance", DEPTH, qos_overriding_options=options
        )
        self._detections = node.create_publisher(Detection3DArray, "detections", DEPTH, qos_overriding_options=options)
        self._debug_image = node.create_publisher(Image, "debug_image", 1, qos_overriding_options=options)
        self._tf = node.create_publisher(TFMessage, "/tf", TF_DEPTH)
        self._model_info = node.create_publisher(String, "model_info", LATCHED)
        self._model_info.publish(model_info)

    def publish(self, header: Header, estimates: Sequence[PoseEstimate], settings: NodeSettings) -> None:
        """Everything but the picture; the pose first, the rest as far as anybody listens.

        header: of the image; estimates: best first, maybe none.
        """
        best = next((e for e in estimates if settings.object in ("", e.name)), None)
        if best is not None:
            self._pose.publish(pose_stamped(header, best))
            if _is_heard(self._pose_with_covariance):
                self._pose_with_covariance.publish(pose_with_covariance_stamped(header, best))
        if estimates and settings.publish_tf and _is_heard(self._tf):
            self._tf.publish(transforms(header, estimates, settings.tf_prefix))
        if _is_heard(self._detections):
            self._detections.publish(detections(header, estimates, self._models))

    def publish_picture(
        self, header: Header, image: NDArray[np.uint8], estimates: Sequence[PoseEstimate], camera: Camera
    ) -> None:
        """The frame with the poses drawn on it, if anybody listens."""
        if not _is_heard(self._debug_image):
            return
        picture = image.copy()
        for estimate in estimates:
            label = f"{estimate.name}_{estimate.instance} {estimate.confidence:.2f}"
            draw_pose(picture, estimate.T_camera_object, self._models[estimate.object_id], camera, label)
            draw_keypoints(picture, estimate.keypoints_px)
        self._debug_image.publish(bgr_to_image(picture, header))

    def destroy(self) -> None:
        """Removes the publishers from the node."""
        for publisher in (
            self._pose,
            self._pose_with_covariance,
            self._detections,
            self._debug_image,
            self._tf,
            self._model_info,
        ):
            self._node.destroy_publisher(publisher)


def _is_heard(publisher: Publisher[Any]) -> bool:
    return publisher.get_subscription_count() > 0
