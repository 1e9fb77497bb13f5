"""What setup.cfg cannot say: the files that belong into share/fpgnas_ros, for colcon and for pip alike."""

from pathlib import Path

from setuptools import setup

SHARE = Path("share")
SHARED_FOLDERS = ("launch", "config", "models", "assets")
SHARED_SUFFIXES = {".py", ".yaml", ".xml", ".json", ".onnx", ".mcap", ".ply", ".stl", ".md", ".txt", ""}


def share_files() -> list[tuple[str, list[str]]]:
    """(folder under the prefix, files) for every file that is installed beside the code."""
    entries = [
        (str(SHARE / "ament_index/resource_index/packages"), ["resource/fpgnas_ros"]),
        (str(SHARE / "fpgnas_ros"), ["package.xml"]),
    ]
    for folder in (p for root in SHARED_FOLDERS for p in [Path(root), *sorted(Path(root).rglob("*"))]):
        files = [str(p) for p in sorted(folder.glob("*")) if p.is_file() and p.suffix in SHARED_SUFFIXES]
        if files and "__pycache__" not in folder.parts:
            entries.append((str(SHARE / "fpgnas_ros" / folder), files))
    return entries


setup(data_files=share_files())
