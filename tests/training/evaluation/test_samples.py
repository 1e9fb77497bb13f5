"""What of a data set is evaluated: targets of a BOP test set, and SPEED's layout, which has no models."""

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from fpgnas_core.bundle import load_bundle
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.se3 import quaternion_xyzw_from_matrix
from tests.training.evaluation.conftest import CAMERA, SEEN_POSE
from training.data.targets import Target
from training.evaluation.report import evaluate_and_report
from training.evaluation.samples import asked_for, read_test_set
from training.evaluation.settings import EvaluationSettings


@pytest.fixture
def lmo(dataset: Path, tmp_path: Path) -> Path:
    """The data set as it is downloaded: JPEG, targets of two of three images."""
    folder = tmp_path / "lmo"
    shutil.copytree(dataset, folder)
    for picture in list((folder / "test/000000/rgb").glob("*.png")):
        cv2.imwrite(str(picture.with_suffix(".jpg")), cv2.imread(str(picture)), [cv2.IMWRITE_JPEG_QUALITY, 100])
        picture.unlink()
    targets = [{"scene_id": 0, "im_id": image, "obj_id": 1, "inst_count": 1} for image in (0, 1)]
    (folder / "test_targets_bop19.json").write_text(json.dumps(targets))
    return folder


def test_only_targets_count(lmo: Path, bundle_folder: Path, tmp_path: Path) -> None:
    """Of the three images the missed one is no target. Results are named as BOP wants them."""
    out = tmp_path / "out"
    summary = evaluate_and_report(EvaluationSettings(str(bundle_folder), str(lmo), "test", str(out), threads=1))
    assert (summary["frames"], summary["objects"], summary["add_0_1d"]) == (2, 2, 1.0)
    assert summary["mean_of_objects"]["add_0_1d"] == 1.0
    rows = list(csv.DictReader((out / "fpgnas_lmo-test.csv").open()))
    assert [row["im_id"] for row in rows] == ["0", "1"]
    assert cv2.imread(str(out / "worst.jpg")).shape[0] == 256


def test_targets_without_an_image_are_left_out(lmo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = read_test_set(lmo, "test").samples
    targets = [Target(0, 1, 1, 1), Target(0, 99, 1, 1)]
    assert [sample.image_id for sample in asked_for(samples, targets, lmo / "targets.json")] == [1]
    assert "names 2 images, of which 1 are there" in capsys.readouterr().err


def test_object_that_is_no_target_does_not_count(lmo: Path) -> None:
    samples = read_test_set(lmo, "test").samples
    (kept,) = asked_for(samples, [Target(0, 1, 7, 1)], lmo / "targets.json")
    assert kept.annotations == ()


def test_other_splits_have_no_targets(lmo: Path) -> None:
    (lmo / "test").rename(lmo / "val")
    assert len(read_test_set(lmo, "val").samples) == 3
    assert not read_test_set(lmo, "val").are_given


def test_speed_plus_is_scored(dataset: Path, bundle_folder: Path, tmp_path: Path) -> None:
    """One image right, one off by 8 mm, one missed: by hand, a miss being off by its distance and half a turn."""
    folder, pictures = tmp_path / "speedplus", dataset / "test/000000/rgb"
    images = folder / "lightbox/images"
    images.mkdir(parents=True)
    camera = {"cameraMatrix": CAMERA.matrix.tolist(), "Nu": 640, "Nv": 480}
    (folder / "camera.json").write_text(json.dumps(camera))
    quaternion = np.roll(quaternion_xyzw_from_matrix(SEEN_POSE[:3, :3]), 1).tolist()
    labels, truth = [], json.loads((dataset / "test/000000/scene_gt.json").read_text())
    for number in range(3):
        shutil.copy(pictures / f"{number:06d}.png", images / f"img{number:06d}.png")
        shift = (np.array(truth[str(number)][0]["cam_t_m2c"]) / 1000).tolist()
        labels.append({"filename": f"img{number:06d}.png", "q_vbs2tango_true": quaternion, "r_Vo2To_vbs_true": shift})
    (folder / "lightbox/test.json").write_text(json.dumps(labels))
    out = tmp_path / "out"
    settings = EvaluationSettings(str(bundle_folder), str(folder), "lightbox/test", str(out), threads=1)
    found = evaluate_and_report(settings)["spacecraft"]
    relative = 0.008 / np.linalg.norm(np.array(truth["1"][0]["cam_t_m2c"]) / 1000)
    assert found["speed_plus_score"] == pytest.approx((relative + 1 + np.pi) / 3, abs=0.001)
    assert found["translation_score"] == pytest.approx((relative + 1) / 3, abs=0.001)
    assert found["mean_translation_error_m"] == pytest.approx(0.004, abs=0.0002)
    assert found["missed"] == 1
    assert (out / "fpgnas_speedplus-lightbox-test.csv").is_file()


def test_targets_alone_are_looked_for_and_less_surely(lmo: Path, bundle_folder: Path, tmp_path: Path) -> None:
    """A target of another object: what is seen of the bundle's own is then no answer."""
    (lmo / "test_targets_bop19.json").write_text(
        json.dumps([{"scene_id": 0, "im_id": 0, "obj_id": 7, "inst_count": 1}])
    )
    data = read_test_set(lmo, "test")
    assert data.are_given
    estimator = PoseEstimator(load_bundle(bundle_folder), threads=1)
    (sample,) = data.samples
    image = sample.load_image()
    assert len(estimator.estimate(image, CAMERA)) == 1
    assert estimator.estimate(image, CAMERA, sought={7: 1}) == []
