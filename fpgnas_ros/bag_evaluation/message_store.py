"""Message types of recordings that do not bring their own definitions."""

from __future__ import annotations

from functools import cache

from rosbags.typesys import get_types_from_msg
from rosbags.typesys.store import Typestore

from fpgnas_core.recording.bag import ros2_types
from fpgnas_ros.message_types.sources import DEFINITIONS


@cache
def message_store() -> Typestore:
    """ROS 2's own types and vision_msgs."""
    store = ros2_types()
    for path in sorted(DEFINITIONS.glob("vision_msgs/msg/*.msg")):
        store.register(get_types_from_msg(path.read_text(), f"vision_msgs/msg/{path.stem}"))
    return store
