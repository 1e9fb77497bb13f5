"""`pose_node`: runs the lifecycle node until SIGINT or SIGTERM."""

import sys

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException

from fpgnas_core.errors import FpgnasError
from fpgnas_ros.message_types.install import require_message_types


def main() -> int:
    """0 after a signal; 2, with one line on stderr, where the node cannot even start."""
    try:
        rclpy.init()
        return _run()
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except Exception:
        if rclpy.ok():
            raise
        return 0  # a signal ended ROS while the node was being made
    finally:
        rclpy.try_shutdown()


def _run() -> int:
    try:
        require_message_types()
        from fpgnas_ros.lifecycle_node import PoseNode  # imports the message types

        node = PoseNode()
    except (FpgnasError, ParameterException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        node.start()
        if rclpy.ok():  # a signal may have come meanwhile
            rclpy.spin(node)
    finally:
        node.close()
        node.destroy_node()
    return 0


if __name__ == "__main__":
    sys.exit(main())
