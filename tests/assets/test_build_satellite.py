"""The committed satellite is what its script builds."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import trimesh

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def test_committed_file_is_what_the_script_builds(tmp_path: Path) -> None:
    out = tmp_path / "satellite.ply"
    subprocess.run([sys.executable, str(ASSETS / "build_satellite.py"), "--out", str(out)], check=True)
    assert (ASSETS / "satellite.ply").stat().st_size < 300_000
    built, committed = trimesh.load(out, process=False), trimesh.load(ASSETS / "satellite.ply", process=False)
    np.testing.assert_allclose(built.vertices, committed.vertices, atol=1e-3)
    assert np.array_equal(built.visual.vertex_colors, committed.visual.vertex_colors)
