"""A recording of the painted scene, laid out as the demo's."""

from pathlib import Path

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from tests.fpgnas_ros.painted_scene import CAMERA, T_CAMERA_OBJECT, paint

FRAME = "camera_optical_frame"
PERIOD_NS = 200_000_000


def write_painted_bag(folder: Path, visible: list[bool]) -> Path:
    """Records one frame for each entry of `visible`, at 5 Hz, slow enough for a busy machine; returns the MCAP file."""
    store = get_typestore(Stores.ROS2_KILTED)
    messages = _Messages(store.types)
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topics = {
            "/camera/camera_info": "sensor_msgs/msg/CameraInfo",
            "/camera/image/compressed": "sensor_msgs/msg/CompressedImage",
            "/ground_truth/pose": "geometry_msgs/msg/PoseStamped",
        }
        connections = {topic: writer.add_connection(topic, name, typestore=store) for topic, name in topics.items()}
        for number, is_visible in enumerate(visible):
            stamp_ns = 1_000_000_000 + number * PERIOD_NS
            for topic, message in messages.of_frame(stamp_ns, is_visible).items():
                data = store.serialize_cdr(message, topics[topic])
                writer.write(connections[topic], stamp_ns, data)
    return next(folder.glob("*.mcap"))


class _Messages:
    def __init__(self, types: dict[str, type]) -> None:
        self._types = types

    def of_frame(self, stamp_ns: int, visible: bool) -> dict[str, object]:
        header = self._make("std_msgs/msg/Header", self._stamp(stamp_ns), FRAME)
        encoded = cv2.imencode(".png", paint(visible))[1]
        pose = self._types["geometry_msgs/msg/PoseStamped"]
        return {
            "/camera/camera_info": self._camera_info(header),
            "/camera/image/compressed": self._make("sensor_msgs/msg/CompressedImage", header, "png", encoded),
            "/ground_truth/pose": pose(header=header, pose=self._pose()),
        }

    def _make(self, name: str, *values: object) -> object:
        return self._types[name](*values)

    def _stamp(self, stamp_ns: int) -> object:
        return self._make("builtin_interfaces/msg/Time", *divmod(stamp_ns, 1_000_000_000))

    def _pose(self) -> object:
        position = self._make("geometry_msgs/msg/Point", *(float(v) for v in T_CAMERA_OBJECT[:3, 3]))
        return self._make(
            "geometry_msgs/msg/Pose", position, self._make("geometry_msgs/msg/Quaternion", 0.0, 0.0, 0.0, 1.0)
        )

    def _camera_info(self, header: object) -> object:
        roi = self._make("sensor_msgs/msg/RegionOfInterest", 0, 0, 0, 0, False)
        k = np.array([CAMERA.fx, 0, CAMERA.cx, 0, CAMERA.fy, CAMERA.cy, 0, 0, 1.0])
        p = np.array([CAMERA.fx, 0, CAMERA.cx, 0, 0, CAMERA.fy, CAMERA.cy, 0, 0, 0, 1.0, 0])
        return self._types["sensor_msgs/msg/CameraInfo"](
            header=header,
            height=CAMERA.height,
            width=CAMERA.width,
            distortion_model="plumb_bob",
            d=np.zeros(5),
            k=k,
            r=np.eye(3).ravel(),
            p=p,
            binning_x=0,
            binning_y=0,
            roi=roi,
        )
