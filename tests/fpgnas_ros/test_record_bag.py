"""A recording of the running node evaluates to what its estimator gives when it is called directly."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import rclpy

from fpgnas_core.bundle import load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.recording.bag import open_bag
from fpgnas_core.recording.messages import image_of
from fpgnas_ros.bag_evaluation.evaluate import evaluate
from fpgnas_ros.bag_player import BagPlayer
from tests.fpgnas_ros.bag_evaluation.bags import IMAGES, INFO, settings
from tests.fpgnas_ros.node_process import NodeProcess
from tests.fpgnas_ros.painted_bag import write_painted_bag
from tests.fpgnas_ros.painted_scene import CAMERA, write_painted_bundle
from tests.patience import PATIENCE_S

VISIBLE = [True, True, False, True, True, False, True, True, True, True]


def wait_for_subscribers(player: BagPlayer, counts: dict[str, int]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(player._publishers[topic].get_subscription_count() < count for topic, count in counts.items()):
        assert time.monotonic() < deadline, "node and recorder did not subscribe"
        time.sleep(0.05)
    time.sleep(1.0)  # and each other's topics


def test_recording_of_the_running_node_evaluates_as_its_estimator(ros: None, tmp_path: Path) -> None:
    bundle = write_painted_bundle(tmp_path / "painted")
    source = write_painted_bag(tmp_path / "source", VISIBLE)
    remappings = (f"image/compressed:={IMAGES}", f"camera_info:={INFO}")
    rules = [part for rule in remappings for part in ("-r", rule)]
    command = [sys.executable, "-m", "fpgnas_ros.record_bag", "--out", str(tmp_path / "bag"), "--ros-args", *rules]
    parameters = {"model": bundle.path, "image_transport": "compressed", "first_pass_period": 1}  # as when evaluating
    process = NodeProcess(tmp_path / "log", parameters, remappings)
    recorder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    node = rclpy.create_node("camera")
    try:
        player = BagPlayer(node, source)
        wait_for_subscribers(player, {IMAGES: 2, INFO: 2, "/ground_truth/pose": 1})
        player.play(lambda topic: None, rate=0.5)  # no frame is dropped on a busy machine
        time.sleep(1.0)
    finally:
        process.stop()
        recorder.send_signal(signal.SIGINT)
        output, _ = recorder.communicate(timeout=PATIENCE_S)
        node.destroy_node()
    assert recorder.returncode == 0
    assert f"      10 {IMAGES}" in output
    assert "       0 /tf_static  nothing was published; check its name" in output

    result = evaluate(settings(bundle.path, tmp_path / "out", tmp_path / "bag"), "test")
    estimator = PoseEstimator(load_bundle(bundle.path), 1)
    with open_bag(source) as bag:
        images = [image_of(message, where) for _, where, message in bag.contents((IMAGES,))]
    assert len(images) == len(result.runs[0].scores)
    right = 0
    for score, image in zip(result.runs[0].scores, images, strict=True):
        if score.answer is None:
            continue  # on a busy machine the node drops frames, and they count as missed
        direct = estimator.estimate(image, CAMERA)
        assert len(score.answer.estimates) == len(direct)
        for estimate, pose in zip(score.answer.estimates, direct, strict=True):
            np.testing.assert_allclose(estimate.T_camera_object, pose.T_camera_object, atol=1e-9)
        right += len(direct)
    run = result.summary["runs"][0]
    assert run["timing"]["answers"]["count"] >= 5
    assert run["detection"]["recall"] == run["accuracy"]["add_0_1d"] == pytest.approx(right / 10)


def test_folder_that_exists_is_refused_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fpgnas_ros.record_bag", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=dict(os.environ))
    assert done.returncode == 2
    assert done.stderr.strip().startswith("error: ")
    assert "expected a folder that does not exist yet" in done.stderr
