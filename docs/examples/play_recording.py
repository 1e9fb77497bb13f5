"""Plays a recording to the running node, again and again, where `ros2 bag play` is not installed.

python docs/examples/play_recording.py assets/demo.mcap --rate 0.5
"""

import argparse
import itertools
from pathlib import Path

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.utilities import remove_ros_args

from fpgnas_ros.bag_player import BagPlayer


def main() -> None:
    """Plays until Ctrl-C, or as often as `--loops` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bag", type=Path, help="MCAP file or rosbag2 folder")
    parser.add_argument("--rate", type=float, default=1.0, help="how many times as fast as recorded")
    parser.add_argument("--loops", type=int, default=0, help="how often; 0: until Ctrl-C")
    arguments = parser.parse_args(remove_ros_args()[1:])
    rclpy.init()
    player = BagPlayer(rclpy.create_node("play_recording"), arguments.bag)
    try:
        for _ in range(arguments.loops) if arguments.loops else itertools.count():
            player.play(lambda topic: None, arguments.rate)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
