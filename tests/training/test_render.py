"""The command takes several meshes as a shell gives them."""

import json
import subprocess
import sys
from pathlib import Path

import trimesh

ROOT = Path(__file__).resolve().parents[2]


def test_several_meshes_become_several_objects(tmp_path: Path) -> None:
    for name, size in (("brick", 40), ("beam", 90)):
        trimesh.creation.box(extents=(size, 30, 20)).export(tmp_path / f"{name}.ply")
    meshes = [str(tmp_path / f"{name}.ply") for name in ("brick", "beam")]
    options = ["--images", "2", "--workers", "1", "--out", str(tmp_path / "made")]
    command = [sys.executable, str(ROOT / "training" / "render.py"), "--mesh", *meshes, *options]
    subprocess.run(command, check=True, capture_output=True)
    models = json.loads((tmp_path / "made" / "models" / "models_info.json").read_text())
    assert {number: entry["name"] for number, entry in models.items()} == {"1": "brick", "2": "beam"}
