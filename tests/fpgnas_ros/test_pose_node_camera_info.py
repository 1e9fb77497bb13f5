"""camera_info as drivers really publish it, and what the running node makes of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

from fpgnas_core.bundle import load_bundle
from fpgnas_core.camera import Camera
from fpgnas_core.estimator import PoseEstimator
from tests.fpgnas_ros.conversation import difference, is_equal, is_painted, picture, pose_that, refusal
from tests.fpgnas_ros.node_process import FRAME, NodeProcess, Robot, camera_info
from tests.fpgnas_ros.painted_scene import CAMERA, T_CAMERA_OBJECT, paint

NAN = float("nan")
LENSES = {
    "plumb_bob": (-0.25, 0.08, 0.001, -0.002, 0.0),
    "rational_polynomial": (-0.2, 0.06, 0.001, -0.002, 0.01, 0.05, -0.01, 0.002),
    "equidistant": (0.05, -0.02, 0.01, -0.005),
}


@pytest.fixture
def robot(running: tuple[NodeProcess, Robot]) -> Robot:
    return running[1]


@pytest.fixture(scope="module")
def estimator(bundle: Path) -> PoseEstimator:
    return PoseEstimator(load_bundle(bundle), threads=1)


def resized_info(camera: Camera) -> CameraInfo:
    k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    return camera_info(width=camera.width, height=camera.height, k=k)


@pytest.mark.parametrize(("width", "height"), [(320, 240), (1280, 960)])
def test_a_resized_image_with_its_own_camera_info_gives_the_same_pose(robot: Robot, width: int, height: int) -> None:
    how = cv2.INTER_AREA if width < CAMERA.width else cv2.INTER_LINEAR
    resized = np.asarray(cv2.resize(paint(), (width, height), interpolation=how), np.uint8)
    pose_that(robot, is_painted, picture(resized), resized_info(CAMERA.resized(width, height)))


def test_camera_info_of_other_stamps_than_the_images_is_enough(robot: Robot) -> None:
    info = camera_info(header=Header(stamp=Time(sec=3, nanosec=7), frame_id=FRAME))
    for _ in range(3):
        pose_that(robot, is_painted, info=info)


def test_camera_info_that_changes_changes_the_poses(robot: Robot) -> None:
    pose_that(robot, is_painted)
    of_longer_focus = camera_info()
    of_longer_focus.k[0] = of_longer_focus.k[4] = 2 * CAMERA.fx
    pose_that(robot, lambda pose: abs(pose[2, 3] / T_CAMERA_OBJECT[2, 3] - 2) < 0.1, info=of_longer_focus)


def test_region_of_interest_gives_the_pose_in_the_whole_cameras_frame(robot: Robot) -> None:
    x, y = 200, 100
    k = [CAMERA.fx, 0.0, CAMERA.cx + x, 0.0, CAMERA.fy, CAMERA.cy + y, 0.0, 0.0, 1.0]  # of the whole sensor
    region = RegionOfInterest(x_offset=x, y_offset=y, width=CAMERA.width, height=CAMERA.height)
    pose_that(robot, is_painted, info=camera_info(width=1280, height=960, k=k, roi=region))


def test_binning_gives_the_same_pose(robot: Robot) -> None:
    binned = np.asarray(cv2.resize(paint(), (320, 240), interpolation=cv2.INTER_AREA), np.uint8)
    pose_that(robot, is_painted, picture(binned), camera_info(binning_x=2, binning_y=2))


@pytest.mark.parametrize("model", LENSES)
def test_each_distortion_model_is_that_of_the_estimator(robot: Robot, estimator: PoseEstimator, model: str) -> None:
    info = camera_info(distortion_model=model, d=list(LENSES[model]))
    moved = np.roll(paint(), (90, 150), axis=(0, 1))  # where a lens distorts
    k = (CAMERA.fx, CAMERA.fy, CAMERA.cx, CAMERA.cy, CAMERA.width, CAMERA.height)
    expected = estimator.estimate(moved, Camera(*k, LENSES[model], model))[0].T_camera_object
    assert difference(expected, estimator.estimate(moved, CAMERA)[0].T_camera_object)[0] > 1e-3
    pose_that(robot, lambda pose: is_equal(pose, expected), picture(moved), info)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"width": 1280, "height": 960}, "camera_info is for 1280x960, the image is 640x480"),
        ({"header": Header(frame_id="other_camera")}, "camera_info is of frame 'other_camera'"),
        ({"k": [NAN, 0.0, 320.0, 0.0, NAN, 240.0, 0.0, 0.0, 1.0]}, "focal lengths: expected positive numbers"),
        ({"k": [500.0, 0.0, NAN, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]}, "principal point and distortion"),
        ({"d": [NAN] * 5}, "principal point and distortion: expected finite numbers"),
        ({"k": [0.0] * 9}, "the camera is not calibrated"),
        ({"distortion_model": "spiral", "d": [0.1]}, "got 'spiral'"),
        ({"d": [0.1, 0.2, 0.3]}, "plumb_bob: expected 0 or 4 or 5 coefficients, got 3"),
        ({"roi": RegionOfInterest(x_offset=600, width=200, height=160)}, "within 640x480"),
        ({"binning_x": 2, "binning_y": 2}, "camera_info is for 320x240, the image is 640x480"),
        ({"width": 0}, "image size: expected at least 1x1"),
    ],
)
def test_camera_info_that_does_not_fit_gives_no_pose_and_the_reason(
    robot: Robot, changes: dict[str, object], reason: str
) -> None:
    refusal(robot, reason, info=camera_info(**changes))
    pose_that(robot, is_painted)
