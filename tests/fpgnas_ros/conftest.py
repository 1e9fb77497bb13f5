"""ROS for the tests: real rclpy over real DDS, in a domain of this run only."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import rclpy

from fpgnas_ros.local_environment import local_environment
from fpgnas_ros.message_types.install import require_message_types
from tests.fpgnas_ros.painted_scene import write_painted_bundle

require_message_types()  # test modules import them


@pytest.fixture(scope="session")
def ros() -> Iterator[None]:
    """rclpy, initialised; processes that are started inherit the domain."""
    os.environ.update(local_environment())
    rclpy.init()
    yield
    rclpy.try_shutdown()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sees the painted object, `part`, a box of 10 x 8 x 6 cm."""
    return write_painted_bundle(tmp_path_factory.mktemp("bundle") / "painted").path
