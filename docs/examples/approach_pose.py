"""From the object as the camera sees it to where the gripper should go first, in the robot's frame.

python docs/examples/approach_pose.py --base base_link --above 0.10

Publishes `approach_pose` (geometry_msgs/PoseStamped, a goal for MoveIt): `--above` metres over the object along the
base's z, the gripper looking down, its x along the object's. Poses that are old or not sure are left out, with the
reason. The camera is fixed to the base (eye-to-hand): one transform on /tf_static, base to camera. With a chain of
frames between them use tf2, as docs/manipulation.md shows.
"""

import argparse

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.time import Time
from rclpy.utilities import remove_ros_args
from tf2_msgs.msg import TFMessage

from fpgnas_core.se3 import make_transform, matrix_from_quaternion_xyzw
from fpgnas_ros.pose_messages import from_pose, to_pose


def approach(T_base_object: np.ndarray, above: float) -> np.ndarray:
    """(4, 4) pose of a gripper that looks down, x along the object's x as far as that is level. Metres."""
    down, forward = np.array([0.0, 0.0, -1.0]), T_base_object[:3, 0] * [1, 1, 0]
    if np.linalg.norm(forward) < 1e-3:  # the object stands on its x axis
        forward = np.array([1.0, 0.0, 0.0])
    forward /= np.linalg.norm(forward)
    rotation = np.column_stack([forward, np.cross(down, forward), down])
    return make_transform(rotation, T_base_object[:3, 3] - above * down)


class Approach(Node):
    """Turns each pose that is fit to act on into a goal."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__("approach_pose")
        self._limits, self._T_base_camera = arguments, {}
        latched = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.create_subscription(TFMessage, "/tf_static", self._take_static, latched)
        self.create_subscription(PoseWithCovarianceStamped, "object_pose_with_covariance", self._take_pose, 10)
        self._goals = self.create_publisher(PoseStamped, "approach_pose", 10)

    def _take_static(self, message: TFMessage) -> None:
        for transform in message.transforms:
            if transform.header.frame_id == self._limits.base:
                t, q = transform.transform.translation, transform.transform.rotation
                rotation = matrix_from_quaternion_xyzw([q.x, q.y, q.z, q.w])
                self._T_base_camera[transform.child_frame_id] = make_transform(rotation, [t.x, t.y, t.z])

    def _take_pose(self, message: PoseWithCovarianceStamped) -> None:
        if reason := self._unfit(message):
            self.get_logger().warning(f"left out: {reason}", throttle_duration_sec=1.0)
            return
        T_base_object = self._T_base_camera[message.header.frame_id] @ from_pose(message.pose.pose)
        goal = PoseStamped(pose=to_pose(approach(T_base_object, self._limits.above)))
        goal.header.stamp, goal.header.frame_id = message.header.stamp, self._limits.base
        self._goals.publish(goal)

    def _unfit(self, message: PoseWithCovarianceStamped) -> str:
        if message.header.frame_id not in self._T_base_camera:
            return f"no transform {self._limits.base} to {message.header.frame_id} on /tf_static"
        age = (self.get_clock().now() - Time.from_msg(message.header.stamp)).nanoseconds * 1e-9
        if age > self._limits.most_age:
            return f"{age:.2f} s old, limit {self._limits.most_age:g} s"
        sigma = 1000 * float(np.sqrt(np.asarray(message.pose.covariance).reshape(6, 6).diagonal()[:3].max()))
        return (
            f"sigma {sigma:.1f} mm, limit {self._limits.most_sigma_mm:g} mm"
            if sigma > self._limits.most_sigma_mm
            else ""
        )


def main() -> None:
    """Spins until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="base_link", help="the robot's frame")
    parser.add_argument("--above", type=float, default=0.10, help="metres over the object's origin")
    parser.add_argument("--most-age", type=float, default=0.3, help="seconds since the image was taken")
    parser.add_argument("--most-sigma-mm", type=float, default=10.0, help="standard deviation of the worst axis, mm")
    arguments = parser.parse_args(remove_ros_args()[1:])
    rclpy.init()
    try:
        rclpy.spin(Approach(arguments))
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
