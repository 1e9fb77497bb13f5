"""Environment of processes that talk ROS 2 among themselves on this machine only."""

import os

from fpgnas_ros.share_folder import share_folder

DOMAINS = 100  # Linux has free ports for domains 0 to 101


def profile_variable() -> str:
    """Name of the variable that tells Fast DDS its profile: Fast DDS 3 has another name for it."""
    has_fastdds_2 = os.environ.get("ROS_DISTRO") in ("humble", "iron", "jazzy")
    return "FASTRTPS_DEFAULT_PROFILES_FILE" if has_fastdds_2 else "FASTDDS_DEFAULT_PROFILES_FILE"


def local_environment(domain_id: int | None = None) -> dict[str, str]:
    """Variables to set before rclpy starts: a ROS domain of its own, this machine only, large images.

    domain_id: 1 to 101; by default one that depends on the process.
    """
    domain = domain_id if domain_id is not None else 1 + os.getpid() % DOMAINS
    variables = {
        "ROS_DOMAIN_ID": str(domain),
        profile_variable(): str(share_folder() / "config" / "fastdds.xml"),
    }
    if os.environ.get("ROS_DISTRO") == "humble":
        return {**variables, "ROS_LOCALHOST_ONLY": "1"}
    return {**variables, "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
