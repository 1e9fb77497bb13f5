"""What setup.cfg cannot say: the files that belong into share/fpgnas_ros, for colcon and for pip alike."""

from collections import defaultdict
from pathlib import Path

from setuptools import setup

SHARE = Path("share")
SHARED_FILES = (
    *("launch/*.py", "config/*.yaml", "config/*.xml", "config/*.rviz"),
    *("models/**/*", "assets/*.mcap", "assets/*.ply"),
)
TRAINING_ONLY = {"weights.pt", "log.jsonl"}


def share_files() -> list[tuple[str, list[str]]]:
    """(folder under the prefix, files) for every file that is installed beside the code."""
    by_folder: dict[Path, list[str]] = defaultdict(list)
    by_folder[SHARE / "ament_index/resource_index/packages"].append("resource/fpgnas_ros")
    by_folder[SHARE / "fpgnas_ros"].append("package.xml")
    for path in sorted(path for pattern in SHARED_FILES for path in Path().glob(pattern)):
        if path.is_file() and path.name not in TRAINING_ONLY:
            by_folder[SHARE / "fpgnas_ros" / path.parent].append(str(path))
    return [(str(folder), files) for folder, files in by_folder.items()]


# python_requires is here and not in setup.cfg: colcon cannot read the object that setuptools makes of it there
setup(data_files=share_files(), python_requires=">=3.10")
