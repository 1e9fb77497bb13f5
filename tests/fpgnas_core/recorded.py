"""Small recordings for tests: ten frames a second, the camera moving along x."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

STORE = get_typestore(Stores.ROS2_HUMBLE)
CAMERA_FRAME, STEP_NS = "camera_optical_frame", 100_000_000
START_NS = 5_000_000_000
Change = Callable[[str, int, Any], Any]


def make(name: str, *values: Any, **fields: Any) -> Any:
    package, kind = name.split("/")
    return STORE.types[f"{package}/msg/{kind}"](*values, **fields)


def header(stamp_ns: int, frame: str = CAMERA_FRAME) -> Any:
    return make("std_msgs/Header", make("builtin_interfaces/Time", *divmod(stamp_ns, 10**9)), frame)


def raw_image(stamp_ns: int, encoding: str, pixels: np.ndarray, padding: int = 0) -> Any:
    height, width, channels = pixels.shape
    rows = np.pad(pixels.reshape(height, width * channels), ((0, 0), (0, padding)), constant_values=255)
    step = width * channels + padding
    return make("sensor_msgs/Image", header(stamp_ns), height, width, encoding, 0, step, rows.ravel())


def png_image(stamp_ns: int, pixels: np.ndarray) -> Any:
    return make("sensor_msgs/CompressedImage", header(stamp_ns), "png", cv2.imencode(".png", pixels)[1].ravel())


def camera_info(stamp_ns: int, fx: float = 50.0, **fields: Any) -> Any:
    values: dict[str, Any] = {
        "height": 6,
        "width": 8,
        "distortion_model": "plumb_bob",
        "d": np.array([0.1, 0, 0, 0, 0]),
        "k": np.array([fx, 0, 3.5, 0, 51.0, 2.5, 0, 0, 1]),
        "r": np.eye(3).ravel(),
        "p": np.zeros(12),
        "binning_x": 0,
        "binning_y": 0,
        "roi": make("sensor_msgs/RegionOfInterest", 0, 0, 0, 0, False),
    }
    return make("sensor_msgs/CameraInfo", header=header(stamp_ns), **(values | fields))


def point(kind: str, x: float, y: float, z: float) -> Any:
    return make(f"geometry_msgs/{kind}", x, y, z)


def quaternion(*xyzw: float) -> Any:
    return make("geometry_msgs/Quaternion", *(xyzw or (0.0, 0.0, 0.0, 1.0)))


def pose(stamp_ns: int, x: float, frame: str = CAMERA_FRAME, z: float = 1.0, turn: Any = None) -> Any:
    content = make("geometry_msgs/Pose", point("Point", x, 0.0, z), turn or quaternion())
    return make("geometry_msgs/PoseStamped", header(stamp_ns, frame), content)


def transform(stamp_ns: int, parent: str, child: str, x: float, z: float) -> Any:
    content = make("geometry_msgs/Transform", point("Vector3", x, 0.0, z), quaternion())
    entry = make("geometry_msgs/TransformStamped", header(stamp_ns, parent), child, content)
    return make("tf2_msgs/TFMessage", [entry])


def write(folder: Path, messages: list[tuple[str, int, Any]], storage: StoragePlugin = StoragePlugin.MCAP) -> Path:
    """Record (topic, time of recording in ns, message); returns the recording's folder."""
    with Writer(folder, version=9, storage_plugin=storage) as writer:
        connections: dict[str, Any] = {}
        for topic, time_ns, message in messages:
            name = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, name, typestore=STORE)
            writer.write(connections[topic], time_ns, STORE.serialize_cdr(message, name))
    return folder


def frames(count: int, change: Change = lambda topic, number, message: message) -> list[tuple[str, int, Any]]:
    """Camera_info, image (PNG, its number as its brightness) and pose (x = number / 10) of each frame."""
    messages = []
    for number in range(count):
        stamp = START_NS + number * STEP_NS
        contents = {
            "/camera/camera_info": camera_info(stamp),
            "/camera/image/compressed": png_image(stamp, np.full((6, 8, 3), number, np.uint8)),
            "/truth": pose(stamp, number / 10),
        }
        for topic, message in contents.items():
            changed = change(topic, number, message)
            if changed is not None:
                messages.append((topic, stamp, changed))
    return messages
