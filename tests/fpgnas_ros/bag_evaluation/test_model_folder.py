"""BOP models folders describe objects without a bundle."""

import json
from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.errors import FpgnasError
from fpgnas_ros.bag_evaluation.evaluate import evaluate
from fpgnas_ros.bag_evaluation.model_folder import read_model_folder
from tests.fpgnas_ros.bag_evaluation.bags import offsets, recording, settings, write

CUP = {
    "diameter": 130.0,
    **{f"min_{axis}": low for axis, low in zip("xyz", (-50, -40, -10), strict=True)},
    **{f"size_{axis}": size for axis, size in zip("xyz", (100, 80, 60), strict=True)},
    "symmetries_discrete": [[-1, 0, 0, 7, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]],
    "symmetries_continuous": [{"axis": [0, 0, 1], "offset": [5, 0, 0]}],
}
PLY = "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nend_header\n"


def folder_of(path: Path, **entries: object) -> Path:
    path.mkdir(exist_ok=True)
    (path / "models_info.json").write_text(json.dumps(entries))
    return path


def test_millimetres_become_metres_and_names_those_of_the_meshes(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, **{"12": CUP, "3": CUP | {"name": "cup"}})
    (folder / "obj_000012.ply").write_text(PLY + "0 0 0\n10 0 0\n0 10 0\n")
    models, meshes = read_model_folder(folder)
    assert [(model.object_id, model.name) for model in models] == [(3, "cup"), (12, "obj_000012")]
    assert [(mesh.object_name, mesh.place) for mesh in meshes] == [("obj_000012", str(folder / "obj_000012.ply"))]
    cup = models[0]
    assert (cup.diameter, cup.box_size) == (pytest.approx(0.13), pytest.approx((0.1, 0.08, 0.06)))
    assert cup.box_center == pytest.approx((0.0, 0.0, 0.02))
    np.testing.assert_allclose(cup.symmetries_discrete[0, :, 3], [0.007, 0, 0, 1])
    assert cup.symmetries_continuous[0].offset == pytest.approx((0.005, 0, 0))
    np.testing.assert_allclose(cup.keypoints[[0, 1, -1]], [[0, 0, 0.02], [-0.05, -0.04, -0.01], [0.05, 0.04, 0.05]])


def test_recorded_poses_are_scored_with_it(tmp_path: Path) -> None:
    plain = {key: value for key, value in CUP.items() if not key.startswith("symmetries")}
    folder = folder_of(tmp_path / "models", **{"1": plain})
    (folder / "obj_000001.ply").write_text(PLY + "0 0 0\n10 0 0\n0 10 0\n")
    bag = write(tmp_path / "bag", recording([0.0, 0.1], [0.003, 0.1]))
    result = evaluate(settings(folder, tmp_path / "out", bag), "test")
    assert offsets(result) == [0.003, 0.0]
    assert list(result.summary["runs"][0]["objects"]) == ["obj_000001"]
    assert result.objects[1].points.tolist() == [[0, 0, 0], [0.01, 0, 0], [0, 0.01, 0]]
    assert "keypoints_for_mesh" not in [name for name, found in result.summary["sanity"].items() if found["count"]]


@pytest.mark.parametrize("entries", [{"one": CUP}, {"1": {"diameter": 3}}, {"1": CUP | {"diameter": 0}}, {"1": 4}])
def test_what_is_none_is_named_in_one_line(tmp_path: Path, entries: dict[str, object]) -> None:
    with pytest.raises(FpgnasError, match=r"models_info\.json: expected BOP's models_info\.json") as error:
        read_model_folder(folder_of(tmp_path, **entries))
    assert len(str(error.value).splitlines()) == 1
