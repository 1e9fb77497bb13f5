"""Starts pose_node: `ros2 launch fpgnas_ros pose.launch.py model:=demo namespace:=camera`.

`--show-args` lists the arguments. One launch for each camera, each with a namespace and a tf_prefix of its own.
"""

import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.parameter_descriptions import ParameterValue

from fpgnas_ros.local_environment import profile_variable

CONFIG = Path(get_package_share_directory("fpgnas_ros")) / "config"
FAST_DDS, CYCLONE_DDS = profile_variable(), "CYCLONEDDS_URI"

PARAMETERS = {
    "model": (str, "name of a shipped bundle, or path of a bundle folder"),
    "image_transport": (str, "raw or compressed"),
    "tf_prefix": (str, "put before child frames on /tf; one for each camera"),
    "autostart": (bool, "configure and activate without a lifecycle manager"),
    "use_sim_time": (bool, "time from /clock"),
}
TOPICS = {
    "image": ("image", "raw images"),
    "compressed_image": ("image/compressed", "compressed images"),
    "camera_info": ("camera_info", "the camera's calibration"),
    "object_pose": ("object_pose", "the best instance's pose"),
    "detections": ("detections", "all instances"),
}
OTHERS = (
    ("namespace", "", "namespace of the node, usually the camera's"),
    ("params_file", str(CONFIG / "pose_node.yaml"), "parameters file; arguments that are given win"),
    ("log_level", "info", "debug, info, warn, error"),
    ("fastdds_profile", os.environ.get(FAST_DDS, str(CONFIG / "fastdds.xml")), "Fast DDS profile for large images"),
    ("cyclonedds_uri", os.environ.get(CYCLONE_DDS, f"file://{CONFIG / 'cyclonedds.xml'}"), "the same for Cyclone DDS"),
    ("bag", "", "recording to play in a loop; name its topics by image and camera_info"),
    ("rviz", "false", "show debug image, frames and pose in RViz"),
    ("rviz_frame", "camera_optical_frame", "fixed frame of RViz: the camera's, or one above it"),
)


def generate_launch_description() -> LaunchDescription:
    """The node, with the transport set up for images; a recording and RViz where asked for."""
    parameters = [(name, "", f"{text}; default: as params_file says") for name, (_, text) in PARAMETERS.items()]
    topics = [(name, topic, f"topic of {text}") for name, (topic, text) in TOPICS.items()]
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, default, text in (*parameters, *topics, *OTHERS)
    ]
    transport = [
        SetEnvironmentVariable(FAST_DDS, LaunchConfiguration("fastdds_profile")),
        SetEnvironmentVariable(CYCLONE_DDS, LaunchConfiguration("cyclonedds_uri")),
    ]
    return LaunchDescription([*arguments, *transport, OpaqueFunction(function=_processes)])


def _processes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    given = dict(context.launch_configurations)
    return [_pose_node(given), *_player(given), *_rviz(given)]


def _pose_node(given: dict[str, str]) -> LifecycleNode:
    return LifecycleNode(
        package="fpgnas_ros",
        executable="pose_node",
        name="pose_node",
        namespace=given["namespace"],
        parameters=[given["params_file"], _parameters(given)],
        remappings=[(topic, given[name]) for name, (topic, _) in TOPICS.items()],
        arguments=["--ros-args", "--log-level", given["log_level"]],
        output="screen",
    )


def _parameters(given: dict[str, str]) -> dict[str, ParameterValue]:
    """Those that were given: the others are the parameters file's."""
    kinds = {name: kind for name, (kind, _) in PARAMETERS.items()}
    return {
        name: ParameterValue(LaunchConfiguration(name), value_type=kind) for name, kind in kinds.items() if given[name]
    }


def _player(given: dict[str, str]) -> list[ExecuteProcess]:
    if not given["bag"]:
        return []
    storage = ["-s", "mcap"] if given["bag"].endswith(".mcap") else []
    clock = ["--clock"] if given["use_sim_time"].lower() == "true" else []
    return [ExecuteProcess(cmd=["ros2", "bag", "play", "--loop", *storage, *clock, given["bag"]], output="screen")]


def _rviz(given: dict[str, str]) -> list[Node]:
    if given["rviz"].lower() != "true":
        return []
    absolute = {"/debug_image": "debug_image", **{f"/{name}": given[name] for name in TOPICS}}
    return [
        Node(
            package="rviz2",
            executable="rviz2",
            namespace=given["namespace"],
            arguments=["-d", str(CONFIG / "pose.rviz"), "-f", given["rviz_frame"]],
            remappings=list(absolute.items()),
            parameters=[{"use_sim_time": given["use_sim_time"].lower() == "true"}],
            output="screen",
        )
    ]
