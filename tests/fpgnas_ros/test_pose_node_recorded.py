"""The shipped bundle on recorded frames: through the node it says what the estimator says when called directly."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from fpgnas_core.bundle import load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.recording.bag import open_bag
from fpgnas_core.recording.messages import camera_of_info, image_of
from fpgnas_ros.share_folder import resolve_model, share_folder
from tests.fpgnas_ros.conversation import is_equal, pose_that
from tests.fpgnas_ros.node_process import FRAME, NodeProcess, Robot, camera_info

IMAGES, INFO = "/camera/image/compressed", "/camera/camera_info"
EVERY = 10


@pytest.fixture(scope="module")
def robot(ros: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    log = tmp_path_factory.mktemp("node") / "log"
    node = NodeProcess(log, {"model": "demo", "threads": 1}, ("__ns:=/recorded",))
    robot = Robot("/recorded")
    robot.wait_until_listening()
    yield robot
    robot.close()
    assert node.stop() == 0, node.log()


def encoded(bgr: NDArray[np.uint8], encoding: str) -> Image:
    pixels = {"bgr8": bgr, "rgb8": bgr[..., ::-1], "mono8": bgr[..., 1]}[encoding]
    image = Image(encoding=encoding, height=bgr.shape[0], width=bgr.shape[1], step=pixels[0].size)
    image.header.frame_id = FRAME
    image.data = np.ascontiguousarray(pixels).tobytes()
    return image


@pytest.mark.parametrize("encoding", ["bgr8", "rgb8", "mono8"])
def test_poses_through_the_node_equal_the_estimators(robot: Robot, encoding: str) -> None:
    estimator = PoseEstimator(load_bundle(resolve_model("demo")), threads=1)
    with open_bag(share_folder() / "assets" / "demo.mcap") as bag:
        _, where, recorded = next(bag.contents((INFO,)))
        camera = camera_of_info(recorded, where)
        images = [image_of(message, where) for _, where, message in bag.contents((IMAGES,))][::EVERY]
    k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    lens = {"d": list(camera.distortion), "distortion_model": camera.distortion_model}
    info, compared = camera_info(width=camera.width, height=camera.height, k=k, **lens), 0
    for image in images:
        seen = cv2.cvtColor(image[..., 1], cv2.COLOR_GRAY2BGR) if encoding == "mono8" else image
        for direct in estimator.estimate(np.asarray(seen, np.uint8), camera)[:1]:
            expected = direct.T_camera_object
            pose_that(robot, lambda pose, expected=expected: is_equal(pose, expected), encoded(image, encoding), info)
            compared += 1
    assert compared >= 2
