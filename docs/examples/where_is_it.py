"""Prints where the camera sees the object, and how sure that is: `python docs/examples/where_is_it.py`.

A second terminal's view of the running node. Topics are relative: `--ros-args -r __ns:=/left_camera` looks at another
camera's node. Ends by Ctrl-C, or after `--count` poses.
"""

import argparse

import numpy as np
import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.utilities import remove_ros_args


class Printer(Node):
    """One line for each pose."""

    def __init__(self) -> None:
        super().__init__("where_is_it")
        self.printed = 0
        self.create_subscription(PoseWithCovarianceStamped, "object_pose_with_covariance", self._print, 10)

    def _print(self, message: PoseWithCovarianceStamped) -> None:
        p = message.pose.pose.position
        mm = 1000 * np.sqrt(np.diag(np.asarray(message.pose.covariance).reshape(6, 6))[:3])
        age_ms = 1e-6 * (
            self.get_clock().now().nanoseconds - rclpy.time.Time.from_msg(message.header.stamp).nanoseconds
        )
        place = f"x {p.x:+.4f} y {p.y:+.4f} z {p.z:+.4f} m in {message.header.frame_id}"
        print(f"{place}, sigma {mm[0]:.1f} {mm[1]:.1f} {mm[2]:.1f} mm, {age_ms:.0f} ms old", flush=True)
        self.printed += 1


def main() -> None:
    """Spins until it has printed enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=0, help="end after this many poses; 0: never")
    count = parser.parse_args(remove_ros_args()[1:]).count
    rclpy.init()
    node = Printer()
    try:
        while count == 0 or node.printed < count:
            rclpy.spin_once(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
