"""Records what an evaluation needs: images, camera_info, tf, estimates and ground truth, as MCAP, until Ctrl-C.

Topics are recorded from when they appear, with the QoS of their publishers. Names are relative, so that remapping and
namespaces apply as for the pose node: --ros-args -r image:=/camera/image_raw -r camera_info:=/camera/camera_info.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.utilities import remove_ros_args

from fpgnas_core.errors import FpgnasError
from fpgnas_ros.bag_recorder import BagRecorder
from fpgnas_ros.message_types.install import require_message_types

TOPICS = (
    *("image", "image/compressed", "camera_info"),
    *("object_pose", "detections", "/tf", "/tf_static", "/ground_truth/pose"),
)
SPIN_S = 0.2


def main() -> int:
    """0, 2 with one line on stderr where it cannot record."""
    arguments = _parser().parse_args(remove_ros_args(sys.argv)[1:])
    try:
        rclpy.init()
        require_message_types()
        return _record(arguments.out, [*TOPICS, *arguments.topics], arguments.seconds)
    except FpgnasError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    finally:
        rclpy.try_shutdown()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="record_bag", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the recording, a new one")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="how long (default: until Ctrl-C)")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"besides {', '.join(TOPICS)}")
    return parser


def _record(out: Path, topics: list[str], seconds: float) -> int:
    node = rclpy.create_node("record_bag")
    with BagRecorder(node, out, topics) as recorder:
        print(f"recording to {out}; Ctrl-C ends it", flush=True)
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                recorder.subscribe_to_new_topics()
                rclpy.spin_once(node, timeout_sec=SPIN_S)
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
    for topic, count in recorder.counts.items():
        print(f"{count:8d} {topic}" + ("" if count else "  nothing was published; check its name"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
