"""Records the demo bag: `python assets/make_demo_bag.py` writes `assets/demo.mcap`.

Ten seconds of a hand-held camera round the demo object: JPEG images, camera_info and the object's true pose,
which is that of the middle of the exposure. The same seed gives the same pictures.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from tqdm import tqdm

from assets.demo_path import handheld_path
from assets.demo_scene import CAMERA, T_WORLD_OBJECT, TARGET_INSTANCE, DemoScene
from fpgnas_core.se3 import quaternion_xyzw_from_matrix
from training.rendering.renderer import Renderer

ASSETS = Path(__file__).resolve().parent
RATE_HZ, FRAMES = 15, 150
EXPOSURE_S, EXPOSURE_SAMPLES = 0.010, 6
START_NS = 1_700_000_000_000_000_000
FRAME_ID = "camera_optical_frame"
TOPICS = {
    "/camera/camera_info": "sensor_msgs/msg/CameraInfo",
    "/camera/image/compressed": "sensor_msgs/msg/CompressedImage",
    "/ground_truth/pose": "geometry_msgs/msg/PoseStamped",
}
JPEG_QUALITY = 88
TYPES = get_typestore(Stores.ROS2_HUMBLE)


class Film:
    """Takes the pictures."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._renderer = Renderer()
        self._scene = DemoScene(self._renderer, ASSETS / "demo_object.ply", seed)
        self._path = handheld_path(self._rng, FRAMES / RATE_HZ, T_WORLD_OBJECT[:3, 3])

    def take(self, time: float) -> tuple[NDArray[np.uint8], NDArray[np.float64], float]:
        """Image (480, 640, 3) BGR, T_camera_object at `time` (seconds), and the object's visible share."""
        offsets = (np.arange(EXPOSURE_SAMPLES) + 0.5) / EXPOSURE_SAMPLES - 0.5
        total = np.zeros((CAMERA.height, CAMERA.width, 3), np.float32)
        for offset in offsets:
            scene = self._scene.at(self._path(time + offset * EXPOSURE_S), self._rng.standard_normal(3))
            total += self._renderer.render_colour(scene)
        T_camera_object = self._path(time) @ T_WORLD_OBJECT
        image = sensor(self._rng, total / EXPOSURE_SAMPLES)
        return image[..., ::-1], T_camera_object, self._visible_share(time)

    def _visible_share(self, time: float) -> float:
        drawables = self._scene.at(self._path(time), np.zeros(3)).drawables
        visible, whole = (
            int((self._renderer.render_geometry(CAMERA, drawn).instances == TARGET_INSTANCE).sum())
            for drawn in (drawables, drawables[:1])
        )
        return visible / whole


def sensor(rng: np.random.Generator, light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Vignetting and noise of a small camera on an (H, W, 3) picture of 0 to 255."""
    rows, columns = np.mgrid[-1 : 1 : CAMERA.height * 1j, -1 : 1 : CAMERA.width * 1j]
    vignette = 1 - 0.10 * (rows**2 + columns**2)
    soft = cv2.GaussianBlur(light, (0, 0), 0.45) * vignette[..., None].astype(np.float32)
    noise = rng.standard_normal(light.shape, np.float32) * (0.8 + 0.01 * soft)
    return np.clip(soft + noise + 0.5, 0, 255).astype(np.uint8)


def header(stamp_ns: int) -> object:
    """std_msgs/Header."""
    stamp = TYPES.types["builtin_interfaces/msg/Time"](sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    return TYPES.types["std_msgs/msg/Header"](stamp=stamp, frame_id=FRAME_ID)


def image_message(stamp_ns: int, image_bgr: NDArray[np.uint8]) -> object:
    """sensor_msgs/CompressedImage."""
    jpeg = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].ravel()
    return TYPES.types["sensor_msgs/msg/CompressedImage"](header=header(stamp_ns), format="jpeg", data=jpeg)


def camera_message(stamp_ns: int) -> object:
    """sensor_msgs/CameraInfo of an ideal lens."""
    region = TYPES.types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    return TYPES.types["sensor_msgs/msg/CameraInfo"](
        header=header(stamp_ns),
        height=CAMERA.height,
        width=CAMERA.width,
        distortion_model="plumb_bob",
        d=np.zeros(5),
        k=CAMERA.matrix.ravel(),
        r=np.eye(3).ravel(),
        p=np.column_stack([CAMERA.matrix, np.zeros(3)]).ravel(),
        binning_x=0,
        binning_y=0,
        roi=region,
    )


def pose_message(stamp_ns: int, T_camera_object: NDArray[np.float64]) -> object:
    """geometry_msgs/PoseStamped."""
    types = TYPES.types
    position = types["geometry_msgs/msg/Point"](*T_camera_object[:3, 3].tolist())
    turn = types["geometry_msgs/msg/Quaternion"](*quaternion_xyzw_from_matrix(T_camera_object[:3, :3]).tolist())
    pose = types["geometry_msgs/msg/Pose"](position=position, orientation=turn)
    return types["geometry_msgs/msg/PoseStamped"](header=header(stamp_ns), pose=pose)


def record(out: Path, seed: int) -> None:
    """Write the bag's one .mcap file and print what is in it."""
    with tempfile.TemporaryDirectory() as folder:
        bag = Path(folder) / "demo"
        with Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
            distances, visible = write_messages(writer, Film(seed))
        shutil.move(bag / "demo.mcap", out)
    print(
        f"{out.name}: {FRAMES} frames, {out.stat().st_size / 1e6:.2f} MB, "
        f"object {min(distances):.2f} to {max(distances):.2f} m away, "
        f"visible {100 * min(visible):.0f} to {100 * max(visible):.0f} %"
    )


def write_messages(writer: Writer, film: Film) -> tuple[list[float], list[float]]:
    """Write all frames; returns the object's distances (metres) and visible shares."""
    connections = {topic: writer.add_connection(topic, kind, typestore=TYPES) for topic, kind in TOPICS.items()}
    distances, visible = [], []
    for frame in tqdm(range(FRAMES), desc="demo bag", unit="frame"):
        image, pose, share = film.take(frame / RATE_HZ)
        stamp = START_NS + round(frame * 1e9 / RATE_HZ)
        messages = camera_message(stamp), image_message(stamp, image), pose_message(stamp, pose)
        for (topic, kind), message in zip(TOPICS.items(), messages, strict=True):
            writer.write(connections[topic], stamp, TYPES.serialize_cdr(message, kind))
        distances.append(float(np.linalg.norm(pose[:3, 3])))
        visible.append(share)
    return distances, visible


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ASSETS / "demo.mcap", help="file to write (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the path, the clutter and the noise (default: 7)")
    arguments = parser.parse_args()
    record(arguments.out, arguments.seed)


if __name__ == "__main__":
    main()
