"""ROS for the tests: real rclpy over real DDS, in a domain of this run only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rclpy

from fpgnas_ros.local_environment import local_environment
from fpgnas_ros.message_types.install import require_message_types
from tests.fpgnas_ros.painted_scene import write_painted_bundle

if TYPE_CHECKING:
    from tests.fpgnas_ros.node_process import NodeProcess, Robot

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


@pytest.fixture(scope="module")
def running(
    ros: None, bundle: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[NodeProcess, Robot]]:
    """One node for a module's tests, in a namespace of the module, that sees the painted object."""
    from tests.fpgnas_ros.node_process import NodeProcess, Robot  # they need the message types

    namespace = "/" + request.module.__name__.rpartition(".")[2]
    log = tmp_path_factory.mktemp("node") / "log"
    parameters = {"model": bundle, "threads": 1, "first_pass_period": 1}  # at other sizes the bundle sees it elsewhere
    node = NodeProcess(log, parameters, (f"__ns:={namespace}",))
    robot = Robot(namespace)
    robot.wait_until_listening()
    yield node, robot
    robot.close()
    assert node.stop() == 0, node.log()
    assert "Traceback" not in node.log()
