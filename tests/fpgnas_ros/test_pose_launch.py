"""The launch file: what it starts, and the node that it really starts. Needs launch_ros, which PyPI lacks."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fpgnas_ros.local_environment import profile_variable
from tests.fpgnas_ros.conversation import is_painted, pose_that
from tests.fpgnas_ros.node_process import Robot
from tests.patience import PATIENCE_S

LACKING = "launch and launch_ros come with ROS 2 only"
pytest.importorskip("launch_ros", reason=LACKING)  # without ROS 2 our own folder is found under the name launch
sources = pytest.importorskip("launch.launch_description_sources", reason=LACKING)
LaunchContext = pytest.importorskip("launch").LaunchContext
perform_substitutions = pytest.importorskip("launch.utilities").perform_substitutions

CHECKOUT = Path(__file__).resolve().parents[2]
LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
arguments = [argument.split(":=") for argument in sys.argv[2:]]
included = IncludeLaunchDescription(PythonLaunchDescriptionSource(sys.argv[1]), launch_arguments=arguments)
service = LaunchService()
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installation prefix of the checkout, first on AMENT_PREFIX_PATH."""
    folder = tmp_path_factory.mktemp("prefix")
    index, executables = folder / "share/ament_index/resource_index/packages", folder / "lib" / "fpgnas_ros"
    index.mkdir(parents=True)
    executables.mkdir(parents=True)
    (index / "fpgnas_ros").touch()
    (folder / "share" / "fpgnas_ros").symlink_to(CHECKOUT)
    node = executables / "pose_node"
    node.write_text(f"#!{sys.executable}\nimport sys\nfrom fpgnas_ros.pose_node import main\nsys.exit(main())\n")
    node.chmod(0o755)
    variables = {
        "AMENT_PREFIX_PATH": os.pathsep.join([str(folder), os.environ.get("AMENT_PREFIX_PATH", sys.prefix)]),
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT), os.environ.get("PYTHONPATH", "")]),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield folder


def launched(prefix: Path, **arguments: str) -> list[Any]:
    """The actions of the launch file with these arguments, after those that only set the scene."""
    path = prefix / "share/fpgnas_ros/launch/pose.launch.py"
    description = sources.get_launch_description_from_python_launch_file(str(path))
    context = LaunchContext(noninteractive=True)
    context.launch_configurations.update(arguments)
    actions = []
    for entity in description.entities:
        actions += entity.visit(context) or []
    return actions


def command(action: Any) -> list[str]:
    context = LaunchContext()
    return [perform_substitutions(context, part) for part in action.cmd]


def test_every_argument_is_described(prefix: Path) -> None:
    description = sources.get_launch_description_from_python_launch_file(
        str(prefix / "share/fpgnas_ros/launch/pose.launch.py")
    )
    arguments = {argument.name: argument for argument in description.get_launch_arguments()}
    wanted = {"model", "namespace", "image", "camera_info", "params_file", "autostart", "log_level", "use_sim_time"}
    assert wanted | {"bag", "rviz", "tf_prefix"} <= set(arguments)
    assert all(argument.description for argument in arguments.values())


def test_alone_it_starts_the_node_only(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (profile_variable(), "CYCLONEDDS_URI"):
        monkeypatch.delenv(name, raising=False)
    actions = launched(prefix)
    assert [action.node_executable for action in actions] == ["pose_node"]
    assert Path(os.environ[profile_variable()]).is_file()
    assert Path(os.environ["CYCLONEDDS_URI"].removeprefix("file://")).is_file()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"bag": "a/b.mcap"}, ["ros2", "bag", "play", "--loop", "-s", "mcap", "a/b.mcap"]),
        ({"bag": "folder", "use_sim_time": "true"}, ["ros2", "bag", "play", "--loop", "--clock", "folder"]),
    ],
)
def test_a_recording_is_played_in_a_loop(prefix: Path, arguments: dict[str, str], expected: list[str]) -> None:
    assert command(launched(prefix, **arguments)[1]) == expected


def test_rviz_shows_the_topics_that_its_settings_name(prefix: Path) -> None:
    rviz = launched(prefix, rviz="true")[1]
    assert (rviz.node_package, rviz.node_executable) == ("rviz2", "rviz2")
    displays = yaml.safe_load((CHECKOUT / "config" / "pose.rviz").read_text())["Visualization Manager"]["Displays"]
    shown = {display["Topic"]["Value"] for display in displays if "Topic" in display}
    context = LaunchContext()
    remapped = {perform_substitutions(context, source) for source, _ in rviz._Node__remappings}
    assert shown <= remapped


def test_the_launched_node_answers_in_its_namespace(ros: None, bundle: Path, prefix: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    values = {"model": str(bundle), "tf_prefix": "from_file_", "threads": 1}
    settings.write_text(yaml.safe_dump({"/**/pose_node": {"ros__parameters": values}}))
    path = prefix / "share/fpgnas_ros/launch/pose.launch.py"
    arguments = [f"params_file:={settings}", "namespace:=launched", "tf_prefix:=left_", "autostart:=true"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-c", LAUNCH, str(path), *arguments], stdout=log, stderr=log)
    robot = Robot("/launched")
    try:
        robot.wait_until_listening()
        pose_that(robot, is_painted)
        transform = robot.wait_for(lambda: robot.heard["/tf"], "transform")[0].transforms[0]
        assert transform.child_frame_id == "left_part_0"  # the model is the file's, the prefix the argument's
    finally:
        robot.close()
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
    assert "process has finished cleanly" in (tmp_path / "log").read_text()
