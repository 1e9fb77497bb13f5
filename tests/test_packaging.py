"""The tree as colcon and pip install it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

CHECKOUT = Path(__file__).resolve().parents[1]
COLCON = Path(sys.executable).parent / "colcon"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A colcon workspace with the package built in it."""
    folder = tmp_path_factory.mktemp("workspace")
    names = ("fpgnas_core", "fpgnas_ros", "launch", "config", "models", "assets", "resource")
    files = ("package.xml", "setup.py", "setup.cfg", "pyproject.toml", "LICENSE", "README.md")
    source = folder / "src"
    source.mkdir()
    for name in (*names, *files):
        if (CHECKOUT / name).exists():
            (source / name).symlink_to(CHECKOUT / name)
    colcon(folder, "build", "--base-paths", "src", "--event-handlers", "console_direct-")
    return folder


def colcon(folder: Path, *arguments: str) -> str:
    """Output of a colcon command run in `folder`; it must succeed."""
    environment = {**os.environ, "COLCON_LOG_PATH": str(folder / "log")}
    done = subprocess.run(
        [str(COLCON), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_colcon_sees_a_ros_package(tmp_path: Path) -> None:
    listed = colcon(tmp_path, "list", "--base-paths", str(CHECKOUT))
    assert listed.split() == ["fpgnas_ros", str(CHECKOUT), "(ros.ament_python)"]


@pytest.mark.parametrize(
    "path",
    [
        "lib/fpgnas_ros/pose_node",
        "lib/fpgnas_ros/evaluate_bag",
        "lib/fpgnas_ros/record_bag",
        "share/fpgnas_ros/package.xml",
        "share/fpgnas_ros/launch/pose.launch.py",
        "share/fpgnas_ros/config/pose_node.yaml",
        "share/fpgnas_ros/config/fastdds.xml",
        "share/fpgnas_ros/config/cyclonedds.xml",
        "share/fpgnas_ros/config/pose.rviz",
        "share/ament_index/resource_index/packages/fpgnas_ros",
    ],
)
def test_colcon_installs_what_ros2_run_and_launch_look_for(workspace: Path, path: str) -> None:
    assert (workspace / "install" / "fpgnas_ros" / path).is_file()


def test_every_shipped_model_is_installed_without_what_only_training_reads(workspace: Path) -> None:
    shipped = {p.relative_to(CHECKOUT) for p in (CHECKOUT / "models").rglob("*") if p.is_file()}
    share = workspace / "install" / "fpgnas_ros" / "share" / "fpgnas_ros"
    assert {path.name for path in shipped if not (share / path).is_file()} == {"weights.pt", "log.jsonl"}
    assert not list(share.rglob("weights.pt"))


def test_installed_executable_runs_the_installed_code(workspace: Path, tmp_path: Path) -> None:
    prefix = workspace / "install" / "fpgnas_ros"
    site = next(prefix.glob("lib/python*/site-packages"))
    script = "from fpgnas_ros.share_folder import share_folder; print(share_folder())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(prefix / "share" / "fpgnas_ros")
