"""ROS for the tests: real rclpy over real DDS, in a domain of this run only."""

import os
from collections.abc import Iterator

import pytest
import rclpy

from fpgnas_ros.local_environment import local_environment
from fpgnas_ros.message_types.install import require_message_types

require_message_types()  # test modules import them


@pytest.fixture(scope="session")
def ros() -> Iterator[None]:
    """rclpy, initialised; processes that are started inherit the domain."""
    os.environ.update(local_environment())
    rclpy.init()
    yield
    rclpy.try_shutdown()
