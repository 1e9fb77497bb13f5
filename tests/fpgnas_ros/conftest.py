"""ROS for the tests: real rclpy over real DDS, in a domain of this run only."""

import os
from collections.abc import Iterator

import pytest

from fpgnas_ros.local_environment import local_environment
from fpgnas_ros.message_types.install import require_message_types


@pytest.fixture(scope="session")
def ros() -> Iterator[None]:
    """rclpy, initialised; processes that are started inherit the domain."""
    os.environ.update(local_environment())
    require_message_types()
    import rclpy

    rclpy.init()
    yield
    rclpy.try_shutdown()
