"""Tells tf where a fixed camera stands, as `tf2_ros static_transform_publisher` does, where tf2 is not installed.

python docs/examples/static_camera.py --parent base_link --child camera_optical_frame --xyz 0.6 0 0.9 --rpy 3.14159 0 0

x, y, z in metres and roll, pitch, yaw in radians (R = Rz(yaw) Ry(pitch) Rx(roll)) are the camera's in the parent.
"""

import argparse

import rclpy
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from rclpy.executors import ExternalShutdownException
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.utilities import remove_ros_args
from scipy.spatial.transform import Rotation
from tf2_msgs.msg import TFMessage


def main() -> None:
    """Publishes once, for all who come later too, and stays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parent", default="base_link", help="frame that the camera is fixed to")
    parser.add_argument("--child", default="camera_optical_frame", help="frame_id of the camera's images")
    parser.add_argument("--xyz", type=float, nargs=3, default=(0.0, 0.0, 0.0), help="metres")
    parser.add_argument("--rpy", type=float, nargs=3, default=(0.0, 0.0, 0.0), help="radians")
    arguments = parser.parse_args(remove_ros_args()[1:])
    rclpy.init()
    node = rclpy.create_node("static_camera")
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    publisher = node.create_publisher(TFMessage, "/tf_static", latched)
    message = TransformStamped(child_frame_id=arguments.child)
    message.header.frame_id, message.header.stamp = arguments.parent, node.get_clock().now().to_msg()
    x, y, z = arguments.xyz
    message.transform.translation = Vector3(x=x, y=y, z=z)
    qx, qy, qz, qw = (float(q) for q in Rotation.from_euler("xyz", arguments.rpy).as_quat())
    message.transform.rotation = Quaternion(x=qx, y=qy, z=qz, w=qw)
    publisher.publish(TFMessage(transforms=[message]))
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
