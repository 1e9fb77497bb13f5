"""Passes and covariances measured on three frames: one right, one 8 mm off, one missed."""

import json
from pathlib import Path

import cv2
import pytest

from benchmarks.covariance import CovarianceSettings
from benchmarks.covariance import run as measure_covariance
from benchmarks.passes import PassesSettings
from benchmarks.passes import run as measure_passes
from fpgnas_core.bundle import load_bundle
from fpgnas_core.imaging import Normaliser, whole_frame
from tests.training.evaluation.conftest import bundle_folder, dataset  # noqa: F401


def test_passes_cost_what_they_run(bundle_folder: Path, dataset: Path, tmp_path: Path) -> None:  # noqa: F811
    measure_passes(PassesSettings(str(bundle_folder), str(dataset), out=str(tmp_path), threads=1))
    rows = {row["name"]: row for row in json.loads((tmp_path / "passes.json").read_text())["rows"]}
    bundle = load_bundle(bundle_folder)
    small, _ = whole_frame(cv2.imread(str(dataset / "test/000000/rgb/000000.png")), bundle.first_pass_sizes[0])
    height, width = Normaliser(bundle.mean, bundle.std).batch([small]).shape[2:]
    first, crop = bundle.macs_of(width, height) / 1e6, bundle.macs / 1e6
    assert rows["first pass alone"]["mmacs_per_frame"] == pytest.approx(first)
    two, three = rows["first and second pass, all"], rows["second pass again, all"]
    assert two["mmacs_per_frame"] == pytest.approx(first + 2 / 3 * crop)  # nothing to look at twice in one of three
    assert three["mmacs_per_frame"] == pytest.approx(first + 4 / 3 * crop)
    assert two["add_0_1d"] == pytest.approx(2 / 3)


def test_covariances_are_judged(bundle_folder: Path, dataset: Path, tmp_path: Path) -> None:  # noqa: F811
    measure_covariance(CovarianceSettings(str(bundle_folder), str(dataset), out=str(tmp_path), threads=1))
    figures = json.loads((tmp_path / "covariance.json").read_text())
    assert (figures["objects"], figures["missed"], figures["gross_misses"], figures["judged"]) == (3, 1, 0, 2)
    assert len(figures["pose"]["after"]) == len(figures["shares"]) == 99
    assert cv2.imread(str(tmp_path / "covariance.png")).shape[1] > 1000
