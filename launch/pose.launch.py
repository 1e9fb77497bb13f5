"""Starts pose_node: `ros2 launch fpgnas_ros pose.launch.py model:=demo namespace:=camera`."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode
from launch_ros.parameter_descriptions import ParameterValue

from fpgnas_ros.local_environment import profile_variable

CONFIG = Path(get_package_share_directory("fpgnas_ros")) / "config"

ARGUMENTS = (
    ("model", "demo", "name of a shipped bundle, or path of a bundle folder"),
    ("namespace", "", "namespace of the node, usually the camera's"),
    ("image", "image", "topic of raw images"),
    ("compressed_image", "image/compressed", "topic of compressed images"),
    ("camera_info", "camera_info", "topic of the camera's calibration"),
    ("image_transport", "raw", "raw or compressed"),
    ("tf_prefix", "", "put before child frames on /tf; one for each camera"),
    ("params_file", str(CONFIG / "pose_node.yaml"), "parameters file; the arguments here win"),
    ("autostart", "true", "configure and activate without a lifecycle manager"),
    ("log_level", "info", "debug, info, warn, error"),
    ("use_sim_time", "false", "time from /clock"),
    ("fastdds_profile", str(CONFIG / "fastdds.xml"), "Fast DDS profile for large images"),
)


def generate_launch_description() -> LaunchDescription:
    """One lifecycle node, with the transport set up for images."""
    value = LaunchConfiguration
    node = LifecycleNode(
        package="fpgnas_ros",
        executable="pose_node",
        name="pose_node",
        namespace=value("namespace"),
        parameters=[
            value("params_file"),
            {
                "model": ParameterValue(value("model"), value_type=str),
                "image_transport": value("image_transport"),
                "tf_prefix": ParameterValue(value("tf_prefix"), value_type=str),
                "autostart": ParameterValue(value("autostart"), value_type=bool),
                "use_sim_time": ParameterValue(value("use_sim_time"), value_type=bool),
            },
        ],
        remappings=[
            ("image", value("image")),
            ("image/compressed", value("compressed_image")),
            ("camera_info", value("camera_info")),
        ],
        arguments=["--ros-args", "--log-level", value("log_level")],
        output="screen",
    )
    arguments = [DeclareLaunchArgument(n, default_value=d, description=t) for n, d, t in ARGUMENTS]
    profile = SetEnvironmentVariable(profile_variable(), value("fastdds_profile"))
    return LaunchDescription([*arguments, profile, node])
