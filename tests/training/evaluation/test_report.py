"""A whole evaluation, from folders to files: one frame right, one 8 mm off, one missed."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fpgnas_core.se3 import transform_points
from tests.fpgnas_core.models import box_object
from tests.training.evaluation.conftest import CAMERA, SEEN_POSE, SHIFT_MM
from training.errors import DatasetError, SettingsError
from training.evaluation.report import evaluate_and_report
from training.evaluation.run import evaluate_split
from training.evaluation.settings import EvaluationSettings

DIAMETER_MM = np.sqrt(100**2 + 80**2 + 60**2)
COMMAND = Path(__file__).resolve().parents[3] / "training" / "evaluate.py"


@pytest.fixture(scope="module")
def out(bundle_folder: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    evaluate_and_report(EvaluationSettings(str(bundle_folder), str(dataset), "test", str(folder), threads=1))
    return folder


@pytest.fixture(scope="module")
def summary(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return content


def test_missed_frame_counts_as_wrong(summary: dict[str, Any]) -> None:
    assert (summary["frames"], summary["objects"]) == (3, 3)
    assert SHIFT_MM > 0.05 * DIAMETER_MM
    assert summary["add_0_1d"] == pytest.approx(2 / 3)
    assert summary["add_0_05d"] == pytest.approx(1 / 3)
    assert summary["detection_recall"] == pytest.approx(2 / 3)


def test_errors_of_found_objects_are_millimetres(summary: dict[str, Any]) -> None:
    errors = summary["errors_of_found"]
    assert errors["mean_add_mm"] == pytest.approx(SHIFT_MM / 2, abs=0.1)
    assert errors["median_translation_error_mm"] == pytest.approx(SHIFT_MM / 2, abs=0.1)
    assert errors["median_rotation_error_deg"] < 0.05


def test_areas_and_shares_by_hand(summary: dict[str, Any]) -> None:
    """Errors of 0 and 8 mm and a miss; without depth images there is no VSD, so no AR."""
    assert summary["add_auc"] == pytest.approx((1 + 0.92 + 0) / 3, abs=0.002)
    assert summary["within_5cm_5deg"] == pytest.approx(2 / 3)
    nearest = transform_points(SEEN_POSE, box_object().box_corners())[:, 2].min()
    shift_px = CAMERA.fx * SHIFT_MM / 1000 / nearest
    assert summary["projection_5px"] == pytest.approx(1 / 3)
    assert summary["bop"]["ar_mssd"] == pytest.approx((10 + 9 + 0) / 30)  # 8 mm are 0.057 diameters
    expected = (10 + sum(threshold > shift_px for threshold in range(5, 51, 5))) / 30
    assert summary["bop"]["ar_mspd"] == pytest.approx(expected)
    assert "ar" not in summary["bop"]


def test_figures_are_given_per_object_too(summary: dict[str, Any]) -> None:
    assert summary["per_object"]["1"]["add_0_1d"] == summary["add_0_1d"]


def test_cost_counts_both_passes(summary: dict[str, Any]) -> None:
    cost = summary["cost"]
    assert cost["macs_crop_pass"] == 1_000_000
    assert cost["macs_first_pass"] == 1_000_000 * 320 * 256 // 128**2  # 320 x 240, padded to 32
    assert cost["macs_first_passes_of_all_sizes"] == cost["macs_first_pass"]
    assert cost["macs_frame_with_one_object"] == cost["macs_first_pass"] + cost["macs_crop_pass"]
    assert cost["flops_frame_with_one_object"] == 2 * cost["macs_frame_with_one_object"]


def test_stages_add_up_to_no_more_than_the_frame(summary: dict[str, Any]) -> None:
    times = summary["milliseconds_per_frame"]
    stages = sum(times[f"mean_{stage}"] for stage in ("preprocess", "network", "decode", "pnp"))
    assert 0 < stages <= times["mean"]


def test_table_has_a_row_for_each_object_and_empty_cells_for_the_missed(out: Path) -> None:
    with (out / "per_frame.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["found"] for row in rows] == ["1", "1", "0"]
    assert float(rows[1]["add_mm"]) == pytest.approx(SHIFT_MM, abs=0.1)
    assert rows[2]["add_mm"] == ""
    assert float(rows[1]["visible_fraction"]) == pytest.approx(0.7)


def test_bop_results_are_row_major_and_millimetres(out: Path, dataset: Path) -> None:
    lines = (out / f"fpgnas_{dataset.name}-test.csv").read_text().splitlines()
    assert lines[0] == "scene_id,im_id,obj_id,score,R,t,time"
    assert len(lines) == 3
    scene, image, number, score, rotation, translation, seconds = lines[2].split(",")
    assert (scene, image, number) == ("0", "1", "1")
    assert 0.5 < float(score) <= 1
    assert float(seconds) > 0
    np.testing.assert_allclose([float(v) for v in rotation.split()], SEEN_POSE[:3, :3].ravel(), atol=1e-3)
    np.testing.assert_allclose([float(v) for v in translation.split()], 1000 * SEEN_POSE[:3, 3], atol=0.2)


def test_pictures_are_written(out: Path) -> None:
    sheet = cv2.imread(str(out / "overlays.jpg"))
    assert sheet.shape == (3 * 256, 6 * 256, 3)
    assert cv2.imread(str(out / "plots.png")).std() > 10


def test_limit_takes_the_first_images(bundle_folder: Path, dataset: Path, tmp_path: Path) -> None:
    settings = EvaluationSettings(str(bundle_folder), str(dataset), "test", str(tmp_path), limit=2, threads=1)
    assert [frame.sample.image_id for frame in evaluate_split(settings).frames] == [0, 1]


def test_data_set_without_the_bundles_objects_is_refused(bundle_folder: Path, dataset: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / "test").mkdir(parents=True)
    (copy / "models").symlink_to(dataset / "models")
    scene = copy / "test" / "000000"
    scene.mkdir()
    (scene / "rgb").symlink_to(dataset / "test" / "000000" / "rgb")
    for name in ("scene_camera.json", "scene_gt_info.json"):
        (scene / name).symlink_to(dataset / "test" / "000000" / name)
    truth = (dataset / "test" / "000000" / "scene_gt.json").read_text()
    (scene / "scene_gt.json").write_text(truth.replace('"obj_id": 1', '"obj_id": 5'))
    with pytest.raises(DatasetError, match=r"expected one of models_info.json \(1\), got 5"):
        evaluate_split(EvaluationSettings(str(bundle_folder), str(copy), "test", str(tmp_path)))


@pytest.mark.parametrize(("field", "value"), [("limit", -1), ("confidence_threshold", 1.5)])
def test_settings_out_of_range_name_the_field(field: str, value: float) -> None:
    with pytest.raises(SettingsError, match=f"{field}: expected"):
        EvaluationSettings("b", "d", "s", "o", **{field: value})


def test_command_ends_with_one_line_and_exit_code_2(dataset: Path, tmp_path: Path) -> None:
    arguments = ["--bundle", str(tmp_path / "none"), "--dataset", str(dataset), "--split", "test", "--out", "o"]
    done = subprocess.run([sys.executable, COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
