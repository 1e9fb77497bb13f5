"""The demo bag: what is in it, and that its ground truth lies on its pictures."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform, matrix_from_quaternion_xyzw, transform_points

BAG = Path(__file__).resolve().parents[2] / "assets" / "demo.mcap"
IMAGE, INFO, POSE = "/camera/image/compressed", "/camera/camera_info", "/ground_truth/pose"


@dataclass(frozen=True)
class Contents:
    stamps_ns: dict[str, list[int]]
    frame_ids: set[str]
    images: list[NDArray[np.uint8]]
    cameras: set[Camera]
    poses: list[NDArray[np.float64]]


@pytest.fixture(scope="module")
def bag() -> Contents:
    contents = Contents({IMAGE: [], INFO: [], POSE: []}, set(), [], set(), [])
    with AnyReader([BAG], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader:
        for connection, time_ns, raw in reader.messages():
            message = reader.deserialize(raw, connection.msgtype)
            stamp = message.header.stamp
            assert stamp.sec * 10**9 + stamp.nanosec == time_ns
            contents.stamps_ns[connection.topic].append(time_ns)
            contents.frame_ids.add(message.header.frame_id)
            take(contents, connection.topic, message)
    return contents


def take(contents: Contents, topic: str, message: object) -> None:
    if topic == IMAGE:
        contents.images.append(cv2.imdecode(message.data, cv2.IMREAD_COLOR))
    elif topic == INFO:
        camera = Camera.from_matrix(message.k.reshape(3, 3), message.width, message.height, message.d)
        contents.cameras.add(camera)
    else:
        at, turn = message.pose.position, message.pose.orientation
        rotation = matrix_from_quaternion_xyzw([turn.x, turn.y, turn.z, turn.w])
        contents.poses.append(make_transform(rotation, [at.x, at.y, at.z]))


def test_is_one_small_file() -> None:
    assert BAG.stat().st_size < 8e6


def test_every_frame_has_image_camera_and_pose_of_one_stamp(bag: Contents) -> None:
    stamps = list(bag.stamps_ns.values())
    assert len(stamps[0]) == 150
    assert stamps[0] == stamps[1] == stamps[2]
    np.testing.assert_allclose(np.diff(stamps[0]), 1e9 / 15, atol=1)
    assert bag.frame_ids == {"camera_optical_frame"}


def test_images_have_the_size_that_the_camera_says(bag: Contents) -> None:
    (camera,) = bag.cameras
    assert {image.shape for image in bag.images} == {(camera.height, camera.width, 3)} == {(480, 640, 3)}


def test_distances_span_the_range_and_the_path_is_smooth(bag: Contents) -> None:
    positions = np.array([pose[:3, 3] for pose in bag.poses])
    distances = np.linalg.norm(positions, axis=1)
    assert 0.3 <= distances.min() < 0.4
    assert 0.9 < distances.max() <= 1.0
    assert np.linalg.norm(np.diff(positions, axis=0), axis=1).max() < 0.05


def test_object_is_seen_from_all_round_and_within_the_image(bag: Contents) -> None:
    (camera,) = bag.cameras
    viewpoints = np.array([-pose[:3, :3].T @ pose[:3, 3] for pose in bag.poses])
    azimuths = np.sort(np.degrees(np.arctan2(viewpoints[:, 1], viewpoints[:, 0])))
    assert np.diff(np.append(azimuths, azimuths[0] + 360)).max() < 45
    corners = np.array([[x, y, z] for x in (-0.05, 0.05) for y in (-0.035, 0.035) for z in (-0.03, 0.03)])
    pixels = np.array([camera.project(transform_points(pose, corners)) for pose in bag.poses])
    assert (pixels > 0).all()
    assert (pixels < [640, 480]).all()


def test_ground_truth_lies_on_the_green_rim_of_the_boss(bag: Contents) -> None:
    """The boss stands at (24, -8) mm; its rim, 7.5 to 15 mm wide, is 8 mm above the object's origin."""
    (camera,) = bag.cameras
    angles = np.radians(np.arange(-150, 151, 15))  # the slot is at 180 degrees
    rim = np.stack([0.024 + 0.0112 * np.cos(angles), -0.008 + 0.0112 * np.sin(angles), np.full_like(angles, 0.008)], 1)
    shares = []
    for image, pose in zip(bag.images, bag.poses, strict=True):
        columns, rows = np.round(camera.project(transform_points(pose, rim))).astype(int).T
        blue, green, red = image[rows, columns].astype(int).T
        shares.append((green > 1.25 * np.maximum(blue, red)).mean())
    assert np.median(shares) > 0.9
    assert np.mean(shares) > 0.85
