"""Pictures of a demo run, for people to judge it by eye."""

from pathlib import Path

import cv2
import numpy as np

from fpgnas_core.camera import Camera
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.overlay import draw_pose
from fpgnas_core.recording.messages import stamp_of
from fpgnas_ros.bag import read_topic
from fpgnas_ros.demo_score import FrameResult

SHARES = (0.2, 0.5, 0.8)


def write_pictures(
    out: Path, bag: Path, topics: tuple[str, str], frames: list[FrameResult], model: ObjectModel
) -> list[Path]:
    """Writes overlay_<frame>.jpg for three frames with a pose, evenly over the run; returns the files.

    topics: of the compressed images and of camera_info.
    """
    from fpgnas_ros.camera_info_check import camera_from_info
    from fpgnas_ros.image_conversion import compressed_to_bgr

    image_topic, info_topic = topics
    camera = camera_from_info(next(read_topic(bag, info_topic)))
    solved = [number for number, frame in enumerate(frames) if frame.T_estimated is not None]
    chosen = {solved[int(share * len(solved))] for share in SHARES} if solved else set()
    written = []
    for number, message in enumerate(read_topic(bag, image_topic)):
        if number in chosen:
            assert stamp_of(message) == frames[number].stamp_ns
            path = out / f"overlay_{number:04d}.jpg"
            cv2.imwrite(str(path), _drawn(compressed_to_bgr(message), frames[number], model, camera))
            written.append(path)
    return written


def _drawn(image: np.ndarray, frame: FrameResult, model: ObjectModel, camera: Camera) -> np.ndarray:
    draw_pose(image, frame.T_estimated, model, camera, f"{model.name} {1e-9 * frame.stamp_ns:.2f} s")
    return image
