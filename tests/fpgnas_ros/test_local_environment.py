"""Variables that keep a run's messages on this machine and large images whole."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from fpgnas_ros.local_environment import local_environment


def test_the_profile_exists_and_has_room_for_a_4k_frames_worth_of_images() -> None:
    profile = Path(__file__).resolve().parents[2] / "config" / "fastdds.xml"
    names = {"n": "http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"}
    segment = ElementTree.parse(profile).find(".//n:segment_size", names)
    assert segment is not None
    assert int(segment.text or 0) >= 2 * 3840 * 2160 * 3


def test_the_cyclone_profile_sends_large_pieces_and_asks_for_room_without_insisting() -> None:
    profile = ElementTree.parse(Path(__file__).resolve().parents[2] / "config" / "cyclonedds.xml")
    names = {"n": "https://cdds.io/config"}
    assert profile.findtext(".//n:MaxMessageSize", "", names) == "65500B"
    buffer = profile.find(".//n:SocketReceiveBufferSize", names)
    assert buffer is not None
    assert set(buffer.attrib) == {"max"}  # with a min that the kernel refuses Cyclone DDS does not start


def test_domain_is_one_that_linux_has_ports_for() -> None:
    assert 1 <= int(local_environment()["ROS_DOMAIN_ID"]) <= 101
    assert local_environment(42)["ROS_DOMAIN_ID"] == "42"


@pytest.mark.parametrize(
    ("distribution", "name"),
    [("humble", "ROS_LOCALHOST_ONLY"), ("kilted", "ROS_AUTOMATIC_DISCOVERY_RANGE")],
)
def test_discovery_is_local_on_each_distribution(monkeypatch: pytest.MonkeyPatch, distribution: str, name: str) -> None:
    monkeypatch.setenv("ROS_DISTRO", distribution)
    assert name in local_environment()


@pytest.mark.parametrize(
    ("distribution", "name"),
    [("jazzy", "FASTRTPS_DEFAULT_PROFILES_FILE"), ("kilted", "FASTDDS_DEFAULT_PROFILES_FILE")],
)
def test_profile_goes_by_the_name_that_the_distributions_fast_dds_knows(
    monkeypatch: pytest.MonkeyPatch, distribution: str, name: str
) -> None:
    monkeypatch.setenv("ROS_DISTRO", distribution)
    assert Path(local_environment()[name]).is_file()
