"""The generated message types are those of upstream: same RIHS01 hash (REP-2011), so peers talk to each other."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import rclpy
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from fpgnas_ros.message_types.install import PACKAGES, missing_packages
from fpgnas_ros.message_types.sources import DEFINITIONS
from tests.patience import PATIENCE_S

TF_MESSAGE_OF_KILTED = "RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087"


def announced_hash(kind: type, topic: str) -> str:
    """The type hash that a publisher of this process tells its peers."""
    node = rclpy.create_node("hashes")
    node.create_publisher(kind, topic, 1)
    deadline = time.monotonic() + PATIENCE_S
    while not (found := node.get_publishers_info_by_topic(topic)) and time.monotonic() < deadline:
        time.sleep(0.02)
    node.destroy_node()
    return str(found[0].topic_type_hash)


def test_tf_message_has_the_hash_of_ros(ros: None) -> None:
    assert get_typestore(Stores.ROS2_KILTED).hash_rihs01("tf2_msgs/msg/TFMessage") == TF_MESSAGE_OF_KILTED
    assert announced_hash(TFMessage, "/hash_of_tf") == TF_MESSAGE_OF_KILTED


def test_detections_have_the_hash_that_another_implementation_gives_their_definition(ros: None) -> None:
    store = get_typestore(Stores.ROS2_KILTED)
    for path in sorted((DEFINITIONS / "vision_msgs" / "msg").glob("*.msg")):
        store.register(get_types_from_msg(path.read_text(), f"vision_msgs/msg/{path.stem}"))
    expected = store.hash_rihs01("vision_msgs/msg/Detection3DArray")
    assert announced_hash(Detection3DArray, "/hash_of_detections") == expected


def test_nothing_is_missing_and_nothing_is_compiled_twice() -> None:
    assert missing_packages() == []
    command = [sys.executable, "-m", "fpgnas_ros.message_types"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{package}: already there" for package in PACKAGES]


@pytest.mark.parametrize("removed", ["generators", "compiler"])
def test_what_is_needed_to_compile_is_named(tmp_path: Path, removed: str) -> None:
    script = """
import sys
from pathlib import Path
from fpgnas_core.errors import FpgnasError
from fpgnas_ros.message_types.install import install_package
if sys.argv[1] == "generators":
    sys.modules["rosidl_adapter.cli"] = None
try:
    install_package("tf2_msgs", Path(sys.prefix))
except FpgnasError as error:
    print(error)
"""
    path = str(tmp_path) if removed == "compiler" else os.environ["PATH"]
    done = subprocess.run(
        [sys.executable, "-c", script, removed],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": path},
    )
    assert ("'ros' extra" if removed == "generators" else "apt-get install g++") in done.stdout
    assert done.stdout.count("\n") == 1
