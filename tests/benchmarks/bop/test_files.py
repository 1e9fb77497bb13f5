import json
from pathlib import Path

import numpy as np
import pytest
import trimesh

from benchmarks.bop.files import write_dataset, write_results
from benchmarks.bop.scenes import make_images
from benchmarks.bop.shapes import make_shapes

SHAPES = make_shapes()
IMAGES = make_images(SHAPES, 2, np.random.default_rng(3))


def test_models_are_in_millimetres(tmp_path: Path) -> None:
    write_dataset(tmp_path, SHAPES, IMAGES)
    folder = tmp_path / "tless" / "models_eval"
    can = trimesh.load_mesh(folder / "obj_000003.ply")
    assert can.extents == pytest.approx([60, 60, 100], abs=1e-3)
    info = json.loads((folder / "models_info.json").read_text())
    assert info["3"]["diameter"] == pytest.approx(np.hypot(60, 100))
    assert info["3"]["symmetries_continuous"] == [{"axis": [0, 0, 1], "offset": pytest.approx([10, -20, 15])}]
    # A half turn about x through (10, -20, 15) moves the origin by twice (0, -20, 15).
    assert info["3"]["symmetries_discrete"][0][3::4] == pytest.approx([0, -40, 30, 1])


def test_every_estimate_has_a_line(tmp_path: Path) -> None:
    lines = write_results(tmp_path, IMAGES).read_text().splitlines()
    assert len(lines) == 1 + sum(len(image.estimates) for image in IMAGES)
